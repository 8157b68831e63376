import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/**
 * The sample's policies with seconds instead of minutes to answer, and a freeze that comes and goes. Reminders would come
 * after the end.
 */
export function quickPolicies(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(root, 'policies'), folder, { recursive: true })
  const quick = (member: string, value: unknown) =>
    member === 'remind' ? undefined : member === 'deadline' ? 'PT12S' : value
  edit(join(folder, 'ladder.json'), (ladder) => JSON.parse(JSON.stringify(ladder), quick))
  freezeFlags(folder)
  return folder
}

/** Adds to a policy folder that for two hours flags of production stand still in the last seconds of each minute. */
export function freezeFlags(folder: string, now = new Date()): void {
  edit(join(folder, 'calendar.json'), (calendar) => ({
    ...calendar,
    freezes: { ...(calendar['freezes'] as Json), [freezeName]: endsOfMinutes(now) },
  }))
  writeFileSync(join(folder, 'freeze.cedar'), policy)
  writeFileSync(join(folder, 'cases', 'freeze.json'), JSON.stringify({ cases: [frozenCase(now)] }, null, 2))
}

type Json = { [member: string]: unknown }

const edit = (file: string, change: (json: Json) => Json): void =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Json), null, 2))

export const freezeName = 'end-of-the-minute'
/** The second of each minute. */
export const freezesAt = 40

const policy = `@id("flags-stand-still")
forbid (principal is Hotwork::Agent, action == Hotwork::Action::"flags:set", resource)
when { context.windows.contains("${freezeName}") && context.resource.environment == "prod" };
`

const minute = 60_000
const secondOf = (now: Date, minutes: number, seconds: number): string =>
  new Date((Math.floor(now.getTime() / minute) + minutes) * minute + seconds * 1000).toISOString().slice(0, 19)

/** Of two hours. */
const endsOfMinutes = (now: Date) =>
  Array.from({ length: 120 }, (_, ahead) => ({
    zone: 'UTC',
    from: secondOf(now, ahead, freezesAt),
    until: secondOf(now, ahead + 1, 0),
    reason: 'flags stand still at the end of each minute',
  }))

const frozenCase = (now: Date) => ({
  name: 'at the end of a minute no flag of production is set',
  ask: {
    agent: 'agent:builder',
    action: 'flags:set',
    arguments: { environment: 'prod', flag: 'express-checkout', value: true },
    purpose: 'release',
  },
  now: `${secondOf(now, 0, freezesAt)}Z`,
  expect: { refused: 'policy_denied', policies: ['flags-stand-still'] },
})
