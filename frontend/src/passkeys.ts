/* Passkeys: the browser's part of a ceremony. What it gives goes into a form, so that the page that follows is an
   ordinary page. Buttons stay hidden where a browser knows no passkeys. */

interface Challenge {
  login: string;
  options: Record<string, unknown>;
}

interface Described {
  id: string;
}

function bytes(text: string): ArrayBuffer {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer | null): string | null {
  if (buffer === null) return null;
  const plain = Array.from(new Uint8Array(buffer), (value) => String.fromCharCode(value)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/* By hand: parseCreationOptionsFromJSON is younger than many phones. */
function creation(options: any): PublicKeyCredentialCreationOptions {
  const excluded = (options.excludeCredentials ?? []) as Described[];
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: excluded.map((known) => ({ ...known, id: bytes(known.id), type: "public-key" as const })),
  };
}

function request(options: any): PublicKeyCredentialRequestOptions {
  return { ...options, challenge: bytes(options.challenge), allowCredentials: [] };
}

function written(made: PublicKeyCredential): string {
  const answer = made.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response =
    answer.attestationObject === undefined
      ? {
          clientDataJSON: text(answer.clientDataJSON),
          authenticatorData: text(answer.authenticatorData),
          signature: text(answer.signature),
          userHandle: text(answer.userHandle),
        }
      : { clientDataJSON: text(answer.clientDataJSON), attestationObject: text(answer.attestationObject) };
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

async function begin(form: HTMLFormElement): Promise<Challenge | null> {
  const token = form.querySelector<HTMLInputElement>("[name=csrf_token]");
  const headers: Record<string, string> = { "Idempotency-Key": crypto.randomUUID(), Accept: "application/json" };
  if (token !== null) headers["X-CSRF-Token"] = token.value;
  const answer = await fetch(form.dataset["passkey"] ?? "", { method: "POST", headers });
  return answer.ok ? ((await answer.json()) as Challenge) : null;
}

async function perform(form: HTMLFormElement): Promise<boolean> {
  const begun = await begin(form);
  if (begun === null) return false;
  const made = form.dataset["makes"] !== undefined
    ? await navigator.credentials.create({ publicKey: creation(begun.options) })
    : await navigator.credentials.get({ publicKey: request(begun.options) });
  if (made === null) return false;
  (form.elements.namedItem("login") as HTMLInputElement).value = begun.login;
  (form.elements.namedItem("credential") as HTMLInputElement).value = written(made as PublicKeyCredential);
  form.submit();
  return true;
}

export function offerPasskey(form: HTMLFormElement): void {
  if (!("PublicKeyCredential" in window)) return;
  const button = form.querySelector("button");
  const status = form.querySelector<HTMLElement>("[role=status]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button !== null) button.disabled = true;
    const failed = (): void => {
      if (button !== null) button.disabled = false;
      if (status !== null) status.textContent = form.dataset["failed"] ?? "";
    };
    perform(form).then((done) => {
      if (!done) failed();
    }, failed);
  });
}
