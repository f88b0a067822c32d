// Every flow of the hub through openid-client (a certified relying party), and what it must refuse.

import assert from "node:assert/strict";
import { importJWK } from "jose";
import * as client from "openid-client";
import { browser } from "./browser.mjs";

const given = JSON.parse(process.env.HUB_CLIENTS);
const person = browser(given.issuer, given.cookies);
const issuer = new URL(given.issuer);
const insecure = { execute: [client.allowInsecureRequests] }; // the hub of the test speaks plain HTTP

async function discovered({ client_id, client_secret, auth }) {
  const found = await client.discovery(issuer, client_id, client_secret, auth, insecure);
  if (process.env.HUB_DEBUG) console.error(found.serverMetadata());
  return found;
}

async function agreed(config, scope, more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  });
  return { verifier, state, nonce, back: await person.decide(address) };
}

async function codeFlow(config) {
  const { verifier, state, nonce, back } = await agreed(config, "openid profile offline_access citizen.profile:read", { max_age: "3600" });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 3600 };
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  const { sub, acr } = tokens.claims();
  assert.equal(acr, "urn:city:loa:1");

  const about = await client.fetchUserInfo(config, tokens.access_token, sub);
  assert.equal(about.name, given.name);
  const me = await client.fetchProtectedResource(config, tokens.access_token, new URL("/v1/me", issuer), "GET");
  assert.equal(me.status, 200);

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(refreshed.claims().sub, sub);
  await assert.rejects(client.refreshTokenGrant(config, "x".repeat(43)), { error: "invalid_grant" });

  // The code once more takes everything back.
  await assert.rejects(client.authorizationCodeGrant(config, back, checks), { error: "invalid_grant" });
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: "invalid_grant" });
  return sub;
}

async function mixUp(config) {
  const { verifier, state, nonce, back } = await agreed(config, "openid");
  back.searchParams.set("iss", "https://elsewhere.example");
  await assert.rejects(client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }));
}

async function denied(config) {
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope: "openid traffic.favourite:read",
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
    code_challenge_method: "S256",
    prompt: "consent",
  });
  const back = await person.decide(address, "deny");
  await assert.rejects(client.authorizationCodeGrant(config, back, {}), { error: "access_denied" });
}

async function lookAndGiveBack(config) {
  const { verifier, state, nonce, back } = await agreed(config, "openid");
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true);
  await client.tokenRevocation(config, tokens.refresh_token);
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
}

// The app asks for signing out with an id_token; nobody is signed in there any more.
async function signingOut(config) {
  const { verifier, state, nonce, back } = await agreed(config, "openid");
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
  const after = "http://127.0.0.1/signed-out";
  const address = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: after, state });
  const gone = await fetch(address, { redirect: "manual" });
  assert.equal(gone.headers.get("location"), `${after}?${new URLSearchParams({ state })}`);
  const asked = await fetch(address, { headers: { Cookie: given.cookies }, redirect: "manual" });
  assert.equal(asked.status, 200);
}

// RFC 9126: the browser carries nothing but the name of what was pushed.
async function pushed(config) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const address = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: given.redirect_uri,
    scope: "openid",
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  assert.deepEqual([...address.searchParams.keys()].sort(), ["client_id", "request_uri"]);
  const tokens = await client.authorizationCodeGrant(config, await person.decide(address), { pkceCodeVerifier: verifier, expectedState: state });
  assert.ok(tokens.claims().sub);
}

async function inItsOwnName(config) {
  const tokens = await client.clientCredentialsGrant(config, { scope: "partner.client:read" });
  const mine = await client.fetchProtectedResource(config, tokens.access_token, new URL("/v1/partners/client", issuer), "GET");
  assert.equal(mine.status, 200);
  await assert.rejects(client.clientCredentialsGrant(config, { scope: "openid" }), { error: "invalid_scope" });
}

async function onAScreen(config) {
  const begun = await client.initiateDeviceAuthorization(config, { scope: "openid" });
  await person.connect(begun.user_code, given.csrf);
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.01 });
  assert.ok(tokens.claims().sub);
}

async function registered() {
  const config = await client.dynamicClientRegistration(
    issuer,
    { client_name: "Newcomer", redirect_uris: [given.redirect_uri], scope: "openid", hub_purpose: "To try.", token_endpoint_auth_method: "client_secret_basic" },
    client.ClientSecretBasic(),
    { ...insecure, initialAccessToken: given.initial_access_token },
  );
  const { verifier, state, nonce, back } = await agreed(config, "openid");
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
  return tokens.claims().sub;
}

const confidential = await discovered({ ...given.confidential, auth: client.ClientSecretBasic(given.confidential.client_secret) });
const open = await discovered({ ...given.public, auth: client.None() });
const service = await discovered({ ...given.service, auth: client.ClientSecretBasic(given.service.client_secret) });
const jwk = given.private_key_jwt.private_jwk;
const key = { key: await importJWK(jwk, "ES256"), kid: jwk.kid };
const keyed = await discovered({ ...given.private_key_jwt, auth: client.PrivateKeyJwt(key) });

const known = await codeFlow(confidential);
assert.notEqual(await codeFlow(open), known); // another partner, another number
await mixUp(confidential);
await denied(confidential);
await lookAndGiveBack(confidential);
await signingOut(confidential);
await pushed(confidential);
await inItsOwnName(service);
await inItsOwnName(keyed);
await onAScreen(open);
assert.notEqual(await registered(), known);
console.log("openid-client: every flow");
