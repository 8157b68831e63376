// Rules: test/client/giving/giving.test.ts
import { Groups, StandIn, StandIns } from '../../functions/domain/cards/wire/people.ts'
import { type Context, type IdTyped, show } from '../context.ts'
import { type Exit, wrongUsage } from '../outcome.ts'
import { readPages } from '../pages.ts'
import { fact, table, time, timeAndSpan } from '../screen.ts'
import { readTime } from '../span.ts'

export async function listStandIns({ limit }: { limit: number }, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const read = await readPages(api, { path: '/v1/stand-ins' }, StandIns, (page) => page.stand_ins, { limit })
  const rows = read.items.map((each) => [
    ...[each.id, each.status, each.for, each.by],
    ...[time(each.from, surroundings), time(each.until, surroundings)],
  ])
  const head = ['ID', 'STATUS', 'AWAY', 'DECIDES', 'FROM', 'UNTIL']
  const words = () => (rows.length === 0 ? ['none'] : table(head, rows, surroundings.columns))
  return show(context, { stand_ins: read.items, more: read.more }, words)
}

export type NameTyped = { person: string; from?: string; until: string }

export async function nameStandIn({ person, from, until }: NameTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const at = (option: string, typed: string) => readTime(option, typed, 1, surroundings)
  const json = { person, until: at('--until', until), ...(from === undefined ? {} : { from: at('--from', from) }) }
  const named = await api.call(StandIn, { method: 'POST', path: '/v1/stand-ins', json })
  return show(context, named, () => wordsOf(named, context))
}

export async function endStandIn({ id }: IdTyped, context: Context): Promise<Exit> {
  const path = `/v1/stand-ins/${encodeURIComponent(id)}`
  const ended = await context.api.call(StandIn, { method: 'DELETE', path })
  return show(context, ended, () => wordsOf(ended, context))
}

const wordsOf = (standIn: StandIn, { surroundings }: Context) => [
  `${standIn.id}  ${standIn.status}`,
  ...fact('decides', `${standIn.by} for ${standIn.for}`),
  ...fact('from', time(standIn.from, surroundings)),
  ...fact('until', timeAndSpan(standIn.until, surroundings)),
  ...(standIn.ended ? fact('ended', `by ${standIn.ended.by}`) : []),
]

export async function listGroups({ name }: { name?: string }, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const { groups: all } = await api.call(Groups, { method: 'GET', path: '/v1/groups' })
  const groups = name === undefined ? all : all.filter((each) => each.name === name)
  if (name !== undefined && groups.length === 0)
    throw wrongUsage(`there is no group \`${name}\``, 'list them: `groups`')
  const rows = groups.flatMap((group): string[][] => {
    const { problem = '' } = group
    const row = ({ person, until }: (typeof group.people)[number], by: string) => [
      ...[group.name, person, by],
      until === undefined ? problem : `until ${time(until, surroundings)}`,
    ]
    const members = [
      ...(group.members ?? []).map((each) => row(each, 'its source')),
      ...group.people.map((each) => row(each, 'the file')),
    ]
    return members.length === 0 ? [[group.name, '', '', problem]] : members
  })
  return show(context, { groups }, () => table(['GROUP', 'PERSON', 'BY', ''], rows, surroundings.columns))
}
