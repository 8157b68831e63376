import type { Landed, Minute } from './cards.ts'
import { minuteOf } from './channel.ts'
import { monthly } from './cost.ts'
import { type HotKey, heatOf, type Load, type Scale } from './load.ts'
import { partition, type QuotaName, quotas } from './quotas.ts'

/** The scales on the page, with the number of shards that each needs. */
export const scales: readonly Scale[] = [
  { perDay: 1_000_000, shards: 1 },
  { perDay: 10_000_000, shards: 8 },
  { perDay: 100_000_000, shards: 64 },
]
export type Measured = Scale & Load

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const number = (value: number): string =>
  value >= 10 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value >= 1 ? 1 : 2)
const share = (value: number, limit: number): string => {
  const percent = Math.round((100 * value) / limit)
  return percent > 70 ? `**${percent.toLocaleString('en-US')} %**` : `${percent} %`
}
const millions = ({ perDay }: Scale): string => `${perDay / 1_000_000} million`

/** The run of `landCards`: ten teams with a channel each. */
export const tenTeams: Minute = { requests: 1000, teams: 10, seconds: 60 }

export function tablesOf(all: readonly Measured[], landed: Landed): string {
  const heads = all.map((each) => `${millions(each)}, \`shards\` ${each.shards}`)
  const kinds = [...new Set(all.flatMap((each) => each.keys.map(kindOf)))]
  const found = (each: Measured, kind: string) => each.keys.find((other) => kindOf(other) === kind)
  const heat = (kind: string) => Math.max(...all.map((each) => heatOf(found(each, kind) ?? none)))
  const hottest = kinds.filter((kind) => heat(kind) > 0.1).toSorted((one, other) => heat(other) - heat(one))
  return [
    row(['key', ...heads]),
    row(['---', ...heads.map(() => '---')]),
    ...hottest.map((kind) => row([nameOf(all, kind), ...all.map((each) => cellOf(found(each, kind)))])),
    '',
    row(['limit', 'default', ...all.map(millions), 'beyond 70 %']),
    row(['---', '---', ...all.map(() => '---'), '---']),
    ...(Object.keys(quotas) as QuotaName[]).map((name) => {
      const { what, raise, limit } = quotas[name]
      return row([what, number(limit), ...all.map(({ use }) => share(use[name], limit)), raise])
    }),
    '',
    row(['', ...all.map(millions)]),
    row(['---', ...all.map(() => '---')]),
    row(['USD a month', ...all.map((each) => number(monthly(each)))]),
    row([
      'of it for 1,000 requests',
      ...all.map((each) => `$${((1000 * monthly(each)) / each.perDay / 30).toFixed(2)}`),
    ]),
    '',
    row([
      '1,000 requests of a minute in one channel',
      'messages',
      'after the minute, until the last is there, at least',
    ]),
    row(['---', '---', '---']),
    ...[1, 10, 50, 1000].map(rowOfMinute),
    '',
    sentenceOf(landed),
  ].join('\n')
}

function rowOfMinute(agents: number): string {
  const { messages, seconds } = minuteOf({ agents, each: 1000 / agents, burst: 20 })
  const of = agents === 1 ? 'of one agent' : `of ${agents.toLocaleString('en-US')} agents`
  return row([of, number(messages), seconds === 0 ? 'at once' : `${Math.ceil(seconds / 60)} min`])
}

function sentenceOf({ cards, elsewhere, last, messages, refused }: Landed): string {
  const { requests, teams, seconds } = tenTeams
  return [
    `${number(requests)} requests for the things of ${teams} teams in ${seconds} s, driven: ${number(cards)} cards, each in`,
    `the channel of its team, ${elsewhere.length} elsewhere; the last ${number(last)} s after the first request. Slack took`,
    `${number(messages)} messages, as the owner of each agent hears of each ask too, and refused ${number(refused)} for their rate.`,
  ].join('\n')
}

const none = { reads: 0, writes: 0 }

/** Keys of one kind differ in their ids alone. The hottest key of a kind comes first. */
const kindOf = ({ kind, key }: HotKey): string => {
  const [table, ...rest] = key.split(' · ')
  return `${kind} ${table} ${kind === 'item' ? rest[0]?.split('#')[0] : rest[0]}`
}

function nameOf(all: readonly Measured[], kind: string): string {
  const [table, ...rest] =
    all
      .flatMap(({ keys }) => keys)
      .find((key) => kindOf(key) === kind)
      ?.key.split(' · ') ?? []
  return rest.length === 1 ? `${table}: item \`${rest[0]}\`` : `${table}: index \`${rest[0]}\`, \`${rest[1]}\``
}

function cellOf(key: HotKey | undefined): string {
  if (!key) return ''
  const [what, of, limit] =
    key.reads / partition.reads > key.writes / partition.writes
      ? ([key.reads, 'reads', partition.reads] as const)
      : ([key.writes, 'writes', partition.writes] as const)
  return `${number(what)} ${of}, ${share(what, limit)}`
}
