// The flows once more through oauth4webapi, which checks every answer by the letter of its standard.

import assert from "node:assert/strict";
import { importJWK } from "jose";
import * as oauth from "oauth4webapi";
import { browser } from "./browser.mjs";

const given = JSON.parse(process.env.HUB_CLIENTS);
const person = browser(given.issuer, given.cookies);
const plain = { [oauth.allowInsecureRequests]: true }; // the hub of the test speaks plain HTTP
const issuer = new URL(given.issuer);

async function server(algorithm) {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...plain, algorithm }));
}

const as = await server("oidc");
assert.deepEqual(await server("oauth2"), as); // RFC 8414 and Discovery tell the same
assert.equal(as.authorization_response_iss_parameter_supported, true);

async function codeFlow(client, proof) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const address = new URL(as.authorization_endpoint);
  const asked = {
    client_id: client.client_id,
    redirect_uri: given.redirect_uri,
    response_type: "code",
    scope: "openid profile",
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  const back = oauth.validateAuthResponse(as, client, await person.decide(address), state);
  const wrong = await oauth.authorizationCodeGrantRequest(as, client, proof, back, given.redirect_uri, "x".repeat(43), plain);
  await assert.rejects(oauth.processAuthorizationCodeResponse(as, client, wrong), { error: "invalid_grant" });
  const answer = await oauth.authorizationCodeGrantRequest(as, client, proof, back, given.redirect_uri, verifier, plain);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, answer, plain);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);

  const told = await oauth.userInfoRequest(as, client, tokens.access_token, plain);
  assert.equal((await oauth.processUserInfoResponse(as, client, sub, told)).name, given.name);
  const refresh = await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, plain);
  const refreshed = await oauth.processRefreshTokenResponse(as, client, refresh);
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, refreshed.refresh_token, plain));
  await assert.rejects(
    oauth.protectedResourceRequest(refreshed.access_token, "GET", new URL("/oauth/userinfo", issuer), undefined, undefined, plain),
    (error) => error.status === 401 && error.cause[0].parameters.error === "invalid_token",
  );
}

async function inItsOwnName(client, proof) {
  const answer = await oauth.clientCredentialsGrantRequest(as, client, proof, { scope: "partner.client:read" }, plain);
  const tokens = await oauth.processClientCredentialsResponse(as, client, answer);
  const looked = await oauth.introspectionRequest(as, client, proof, tokens.access_token, plain);
  assert.equal((await oauth.processIntrospectionResponse(as, client, looked)).sub, client.client_id);
  // RFC 9068: the token as a resource server checks it.
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const claims = await oauth.validateJwtAccessToken(as, new Request(new URL("/v1/partners/client", issuer), { headers }), as.issuer, plain);
  assert.equal(claims.client_id, client.client_id);
}

const { confidential, public: open, service, private_key_jwt: keyed } = given;
await codeFlow({ client_id: confidential.client_id }, oauth.ClientSecretBasic(confidential.client_secret));
await codeFlow({ client_id: open.client_id }, oauth.None());
await inItsOwnName({ client_id: service.client_id }, oauth.ClientSecretBasic(service.client_secret));
const jwk = keyed.private_jwk;
await inItsOwnName({ client_id: keyed.client_id }, oauth.PrivateKeyJwt({ key: await importJWK(jwk, "ES256"), kid: jwk.kid }));

await assert.rejects(async () => {
  const answer = await oauth.clientCredentialsGrantRequest(as, { client_id: service.client_id }, oauth.ClientSecretBasic("x".repeat(43)), {}, plain);
  await oauth.processClientCredentialsResponse(as, { client_id: service.client_id }, answer);
}, (error) => (error.error ?? error.cause?.[0]?.scheme) !== undefined);
console.log("oauth4webapi: every answer by the letter");
