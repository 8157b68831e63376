import type { Hotwork } from '../remediator/hotwork.ts'
import { type Ask, readAnswer } from '../remediator/wire.ts'

/** The flag service's answer to a change: the flag, the use, and how many uses are left. */
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

/**
 * Sets a flag: sends the tool the access token, and a proof of the agent's key for this one call. The tool asks Hotwork
 * whether that is enough.
 * @param url The flag's address at the tool.
 * @throws Refusal With the reason of the tool or the gate.
 */
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
