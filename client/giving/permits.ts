// Rules: test/client/giving/giving.test.ts
import { PermitCoverage, StandingPermit, StandingPermits } from '../../functions/domain/cards/wire/people.ts'
import { type Context, type IdTyped, show } from '../context.ts'
import { type Exit, wrongUsage } from '../outcome.ts'
import { readPages } from '../pages.ts'
import { mustSayYes, readSetting } from '../requests/decide.ts'
import { pathOf, read } from '../requests/read.ts'
import { fact, lines, table, time, timeAndSpan } from '../screen.ts'
import { readTime } from '../span.ts'

const readPermits = (limit: number, { api }: Pick<Context, 'api'>) =>
  readPages(api, { path: '/v1/standing-permits' }, StandingPermits, (page) => page.standing_permits, { limit })

export async function listPermits({ limit }: { limit: number }, context: Context): Promise<Exit> {
  const { surroundings } = context
  const { items, more } = await readPermits(limit, context)
  const head = ['ID', 'STATUS', 'AGENT', 'ACTION', 'COVERS', 'LEFT', 'UNTIL', 'BY']
  const rows = items.map((each) => [
    each.id,
    each.status,
    each.agent,
    each.action,
    JSON.stringify(each.shape ?? each.arguments),
    `${each.uses - each.drawn.length} of ${each.uses}`,
    time(each.until, surroundings),
    each.by,
  ])
  const words = () => (rows.length === 0 ? ['none'] : table(head, rows, surroundings.columns))
  return show(context, { standing_permits: items, more }, words)
}

export async function showPermit({ id }: IdTyped, context: Context): Promise<Exit> {
  const found = (await readPermits(Number.POSITIVE_INFINITY, context)).items.find((each) => each.id === id)
  if (!found) throw wrongUsage(`there is no standing permit \`${id}\``, 'list them: `permits list`')
  return show(context, found, () => wordsOf(found, context))
}

function wordsOf(permit: StandingPermit, { surroundings }: Context): readonly string[] {
  const { ended, halted, revoked } = permit
  return [
    `${permit.id}  ${permit.status}`,
    ...fact('agent', permit.agent),
    ...fact('action', permit.action),
    ...fact(
      'covers',
      ...Object.entries(permit.shape ?? permit.arguments).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
    ),
    ...fact('where', `${permit.environment}, tier ${permit.tier}, for ${permit.purpose}`),
    ...fact(
      'uses',
      `${permit.uses - permit.drawn.length} of ${permit.uses} left, until ${timeAndSpan(permit.until, surroundings)}`,
    ),
    ...fact('given', `by ${permit.by} on ${permit.request}`),
    ...fact('drawn', ...permit.drawn),
    ...(revoked ? fact('revoked', `by ${revoked.by}`) : []),
    ...(halted ? fact('ended', `a halt stops it: ${halted.halt}`) : []),
    ...(ended ? fact('ended', `${endWords[ended.because] ?? ended.because}: ${ended.request}`) : []),
  ]
}

const endWords: { readonly [because: string]: string } = {
  deny: 'a request of the agent for this action was denied',
  revise: 'a request of the agent for this action was sent back',
  extra_calls: 'the agent made calls that no request asked for',
}

export type GiveTyped = IdTyped & { uses: number; for: string; set?: readonly string[]; yes: boolean }

/** Gives a permit on a request that the person approved: for the same ask, or with `--set` for asks of a shape. */
export async function givePermit({ id, uses, for: span, set, yes }: GiveTyped, context: Context): Promise<Exit> {
  const { api, surroundings, json } = context
  const until = readTime('--for', span, 1, surroundings)
  const request = await read(id, context)
  const shape = set && { ...request.arguments, ...Object.fromEntries(set.map(readSetting)) }
  const path = `${pathOf(request.id)}/standing-permits`
  const query = shape ? `?${new URLSearchParams({ shape: JSON.stringify(shape) })}` : ''
  const covers = await api.call(PermitCoverage, { method: 'GET', path: `${path}${query}` })
  if (!json) surroundings.err(lines(...coverageWords(covers, surroundings)))
  if (!yes && !json)
    await mustSayYes(`Let ${request.agent} do this ${uses} more times?`, 'nothing was allowed', context)
  const given = await api.call(StandingPermit, { method: 'POST', path, json: { uses, until, shape } })
  return show(context, given, () => wordsOf(given, context))
}

const coverageWords = (covers: PermitCoverage, surroundings: Context['surroundings']) => [
  `It would have covered ${covers.covered} of ${covers.complete ? '' : 'the newest '}${covers.asked} requests since ${time(covers.since, surroundings)}, ${covers.same_key} of them with the same key.`,
  ...fact('covered', ...covers.requests),
]

export async function revokePermit({ id }: IdTyped, context: Context): Promise<Exit> {
  const path = `/v1/standing-permits/${encodeURIComponent(id)}`
  const revoked = await context.api.call(StandingPermit, { method: 'DELETE', path })
  return show(context, revoked, () => wordsOf(revoked, context))
}
