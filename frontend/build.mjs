/* Bundles src/ into hub/web/static: content-hashed names, manifest.json, the licences of what is inside. */
import { build } from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "..", "hub", "web", "static");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/hub.ts", "src/board.ts", "src/map.ts", "src/hub.css", "src/map.css", "src/icon.svg"],
  outdir: out,
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  target: ["es2020", "chrome87", "firefox78", "safari15"],
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "copy", ".png": "file" },
  // Leaflet's own control pictures: the hub draws its markers on a canvas and uses none of them.
  external: ["images/*.png", "#default#VML"],
  legalComments: "none",
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint === undefined) continue;
  const built = basename(path);
  manifest[built.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "")] = built;
}
const sorted = Object.fromEntries(Object.entries(manifest).sort());
await writeFile(join(out, "manifest.json"), JSON.stringify(sorted, null, 2) + "\n");

const { dependencies } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
const notices = ["The files in this folder are built from frontend/ and contain the packages below.\n"];
for (const name of Object.keys(dependencies).sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} ships no licence file`);
  const text = await readFile(join(folder, file), "utf8");
  notices.push(`${"=".repeat(72)}\n${name} ${version} (${license})\n${"=".repeat(72)}\n\n${text.trim()}\n`);
}
await writeFile(join(out, "LICENSES.txt"), notices.join("\n"));
