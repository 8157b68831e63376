import type { Hotwork } from '../remediator/hotwork.ts'
import { type Ask, readAnswer } from '../remediator/wire.ts'

export interface FlagSet {
  environment: string
  flag: string
  value: unknown
  use: string
  uses_left: number
}

/** The address of the flag that a request is for. @param service Such as `http://127.0.0.1:PORT`. */
export const addressOf = (service: string, { properties }: Pick<Ask['action'], 'properties'>): string =>
  `${service}/flags/${properties['environment']}/${properties['flag']}`

/** Sends the tool the access token, and a proof of the agent's key for this one call. @throws Refusal of the tool or the gate */
export async function setFlag(agent: Hotwork, accessToken: string, url: string, value: unknown): Promise<FlagSet> {
  const answer = await fetch(url, {
    method: 'PUT',
    headers: {
      authorization: `DPoP ${accessToken}`,
      dpop: await agent.prove('PUT', url, accessToken),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ value }),
  })
  return readAnswer(answer)
}

/** The flag's value now, or undefined when it is not set yet. */
export async function readFlag(url: string): Promise<unknown> {
  const answer = await fetch(url)
  if (answer.status === 404) return undefined
  return (await readAnswer<{ value: unknown }>(answer)).value
}
