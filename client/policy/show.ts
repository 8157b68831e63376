import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { type Context, show } from '../context.ts'
import { defined } from '../http.ts'
import { type Exit, Fault, systemCodeOf, wrongUsage } from '../outcome.ts'
import { fact, table, time } from '../screen.ts'
import { fetchBundle } from './bundle-file.ts'

export type ShowTyped = { hash: string; out?: string }

const all = z.array(z.unknown()).default([])
const record = z.record(z.string(), z.unknown()).default({})
const ofActions = z.record(z.string(), record).default({})

/** What this program counts of a bundle. One of another version may have other members. */
const Content = z.looseObject({
  actions: record,
  policies: ofActions,
  observed: ofActions,
  ladder: z.looseObject({ tiers: all }).default({ tiers: [] }),
  directory: z.looseObject({ people: all, groups: record }).default({ people: [], groups: {} }),
  agents: all,
  tools: all,
  resources: all,
  breakGlass: z.looseObject({ profiles: z.union([all, record]) }).optional(),
  calendar: z.looseObject({ windows: record, freezes: all }).partial().optional(),
  deployment: z.looseObject({ commit: z.string().optional() }).default({}),
})
type Content = z.infer<typeof Content>

/** What a bundle is, and with `--out` the bundle itself, which `policy diff` and `policy replay` take. */
export async function showBundle({ hash, out }: ShowTyped, context: Context): Promise<Exit> {
  const { surroundings } = context
  const file = out === undefined ? undefined : resolve(surroundings.folder, out)
  if (file !== undefined && existsSync(file)) throw wrongUsage(`\`${out}\` exists`, 'name another file')
  const { kept_at, bundle } = await fetchBundle(hash, context)
  const content = Content.parse(bundle)
  if (file !== undefined) write(file, bundle)
  const { commit } = content.deployment
  const files = filesIn(content)
  return show(context, { hash, kept_at, ...defined({ commit }), files, ...defined({ out }) }, () => [
    hash,
    ...fact('first', time(kept_at, surroundings)),
    ...fact('commit', commit),
    ...table(
      ['FILE', 'HAS'],
      Object.entries(files).map(([name, counts]) => [name, countsText(counts)]),
    ),
    ...fact('written', out),
  ])
}

type Counts = { readonly [what: string]: number }

const filesIn = (content: Content): { readonly [file: string]: Counts } => {
  const { actions, policies, observed, ladder, directory, agents, tools, resources, calendar } = content
  const ids = (of: Content['policies']) => new Set(Object.values(of).flatMap((each) => Object.keys(each))).size
  return {
    '*.cedar': { policies: ids(policies), ...(ids(observed) > 0 ? { observed: ids(observed) } : {}) },
    'ladder.json': { tiers: ladder.tiers.length },
    'directory.json': { people: directory.people.length, groups: Object.keys(directory.groups).length },
    'agents.json': { agents: agents.length },
    'actions/': { actions: Object.keys(actions).length },
    'resources.json': { rules: resources.length },
    'tools.json': { tools: tools.length },
    ...(content.breakGlass
      ? { 'break-glass.json': { profiles: Object.keys(content.breakGlass.profiles).length } }
      : {}),
    ...(calendar
      ? {
          'calendar.json': {
            windows: Object.keys(calendar.windows ?? {}).length,
            freezes: (calendar.freezes ?? []).length,
          },
        }
      : {}),
  }
}

const countsText = (counts: Counts): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')

function write(file: string, bundle: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(bundle, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw new Fault({ code: 'not_written', title: `\`${file}\` cannot be written`, detail: systemCodeOf(cause) })
  }
}
