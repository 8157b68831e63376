// Rules: test/client/agents/usage.test.ts
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageAnswer } from '../../functions/domain/cards/wire/agent.ts'
import { type Context, type IdTyped, show } from '../context.ts'
import { parsedJson } from '../http.ts'
import { copyFolder, mustBeNew, replaceFile } from '../new-file.ts'
import { type Exit, systemCodeOf, Trouble, wrongUsage } from '../outcome.ts'
import { fact, table, time } from '../screen.ts'
import { readTime } from '../span.ts'

type UsageTyped = IdTyped & { since?: string; policies?: string; out?: string }
type Suggested = UsageAnswer['actions'][number]

/**
 * The use of an agent's grants, and the narrowest entries that would have sufficed. `--out` writes a copy of the
 * policies with the narrower entries; the policies themselves stay as they are.
 */
export async function usage({ id, since, policies, out }: UsageTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  if ((policies === undefined) !== (out === undefined))
    throw wrongUsage('`--policies` and `--out` belong together', 'name the folder of the policies, and a new one')
  const query =
    since === undefined ? '' : `?${new URLSearchParams({ since: readTime('--since', since, -1, surroundings) })}`
  const path = `/v1/agents/${encodeURIComponent(id)}/usage${query}`
  const found = await api.call(UsageAnswer, { method: 'GET', path })
  const suggested = found.actions.filter(({ bounds = [] }) => bounds.length > 0)
  const files = policies === undefined || out === undefined ? [] : writeNarrower(policies, out, suggested, context)
  const head = ['ACTION', 'ASKED', 'APPROVED', 'USED', 'UNUSED', 'EXTRA CALLS', 'RESOURCES']
  const rows = found.actions.map(({ action, asked, approved, used, unused, extra_calls, resources }) => [
    action,
    ...[asked, approved, used, unused, extra_calls, resources].map(String),
  ])
  return show(context, { ...found, files }, () => [
    `${found.agent}: ${found.requests} requests since ${time(found.since, surroundings)}`,
    ...(rows.length === 0 ? [] : table(head, rows, surroundings.columns)),
    ...suggested.flatMap(({ action, diff = [] }) => ['', `${action}: less would have been enough`, ...diff]),
    ...fact('files', ...files),
    ...(out === undefined ? [] : fact('next', `npx --no-install hotwork policy diff ${policies} ${out}`)),
  ])
}

/** @throws Refusal if the policies are missing, or the output folder exists */
function writeNarrower(
  policies: string,
  out: string,
  suggested: readonly Suggested[],
  { surroundings: { folder } }: Context,
): readonly string[] {
  const [from, to] = [resolve(folder, policies), mustBeNew(out, folder)]
  try {
    const files = readdirSync(join(from, 'actions')).filter((file) => file.endsWith('.json'))
    copyFolder(from, to)
    return files.flatMap((file) => {
      const entry = parsedJson(readFileSync(join(to, 'actions', file), 'utf8')) as Entry | undefined
      const bounds = suggested.find(({ action }) => action === entry?.name)?.bounds
      if (!entry || !bounds) return []
      for (const { argument, keyword, to: bound } of bounds) {
        const schema = entry.arguments.properties[argument]
        if (schema) schema[keyword] = bound
      }
      replaceFile(join('actions', file), to, `${JSON.stringify(entry, null, 2)}\n`)
      return [join(out, 'actions', file)]
    })
  } catch (cause) {
    if (cause instanceof Trouble) throw cause
    throw wrongUsage(`the policies cannot be copied (${systemCodeOf(cause)})`, 'name a policy folder, and a new one')
  }
}

type Entry = { name: string; arguments: { properties: { [name: string]: { [keyword: string]: unknown } } } }
