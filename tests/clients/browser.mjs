// A person in a browser who is signed in: goes where an app sends them, and presses a button.

const unescape = (text) =>
  text.replaceAll("&#34;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export function browser(hub, cookies) {
  const headers = { Cookie: cookies, Accept: "text/html" };

  async function press(path, page, decision) {
    const form = new URLSearchParams();
    for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
      form.append(name, unescape(value));
    }
    form.append("decision", decision);
    return fetch(hub + path, { method: "POST", body: form, headers, redirect: "manual" });
  }

  return {
    // The address that the app gets after the person has decided.
    async decide(address, decision = "allow") {
      let answer = await fetch(address, { headers, redirect: "manual" });
      if (answer.status === 200) answer = await press("/oauth/authorize", await answer.text(), decision);
      if (answer.status !== 303) throw new Error(`${answer.status}: ${await answer.text()}`);
      return new URL(answer.headers.get("location"));
    },
    // Enter the code of a device and press a button.
    async connect(userCode, csrf, decision = "allow") {
      const form = new URLSearchParams({ user_code: userCode, csrf_token: csrf });
      const question = await fetch(`${hub}/device`, { method: "POST", body: form, headers });
      const done = await press("/device", await question.text(), decision);
      if (done.status !== 200) throw new Error(`${done.status}: ${await done.text()}`);
    },
  };
}
