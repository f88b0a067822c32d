/* The start of an app: what comes at the nearest stop, and a sign-in, through a client whose types are
   generated from openapi/v1.json. Runs in browsers and in Node. */
import createClient from "openapi-fetch";
import type { ArrivalStatus, Me, paths, Problem, Stop, StopBoard, Tokens } from "./api";

type Hub = ReturnType<typeof createClient<paths>>;

/** The hub said no: `problem.type` decides what to do, title and detail are for the reader. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

function given<Answer>({ data, error }: { data?: Answer; error?: Problem }): Answer {
  if (error !== undefined) throw new Refused(error);
  if (data === undefined) throw new Error("An answer without a body.");
  return data;
}

export async function stopsNear(hub: Hub, longitude: number, latitude: number): Promise<Stop[]> {
  const query = { near: `${longitude},${latitude}`, radius: 800, limit: 5 };
  return given(await hub.GET("/v1/transit/stops", { params: { query } })).items;
}

export async function board(hub: Hub, stop: Stop): Promise<StopBoard> {
  const path = { stop_id: stop.id };
  return given(await hub.GET("/v1/transit/stops/{stop_id}/arrivals", { params: { path } }));
}

// Not every word: the API grows, and an app shows what it knows.
const STATUS_WORDS: Partial<Record<ArrivalStatus, string>> = {
  approaching: "in sight",
  at_stop: "at the stop",
  cancelled: "cancelled",
};

export function lines({ arrivals }: StopBoard): string[] {
  return arrivals.map(({ route, expected_at, status }) => {
    const clock = new Date(expected_at).toLocaleTimeString();
    return `${route.short_name} ${clock} ${STATUS_WORDS[status] ?? ""}`.trimEnd();
  });
}

/** A key belongs to one act: keep it, and repeat the act with it when no answer arrives. */
function once() {
  return { params: { header: { "Idempotency-Key": crypto.randomUUID() } } };
}

export async function signIn(
  hub: Hub,
  phone: string,
  readCode: () => Promise<string>,
): Promise<Tokens> {
  const wanted = { channel: "sms", address: phone } as const;
  const { login } = given(await hub.POST("/v1/sign-in/codes", { ...once(), body: wanted }));
  const entry = { login, code: await readCode(), device_name: "The sample" };
  return given(await hub.POST("/v1/sign-in/tokens", { ...once(), body: entry }));
}

export async function me(hub: Hub, { access_token }: Tokens): Promise<Me> {
  const headers = { Authorization: `Bearer ${access_token}` };
  return given(await hub.GET("/v1/me", { headers }));
}

/** All of it in order; `readCode` asks the person for the code that was sent to `phone`. */
export async function aMorning(
  url: string,
  place: [longitude: number, latitude: number],
  phone: string,
  readCode: () => Promise<string>,
): Promise<void> {
  const hub = createClient<paths>({ baseUrl: url });
  const [nearest] = await stopsNear(hub, ...place);
  if (nearest !== undefined) console.log(nearest.name, lines(await board(hub, nearest)));
  const person = await me(hub, await signIn(hub, phone, readCode));
  console.log(person.display_name ?? person.id, person.language, person.acr);
}
