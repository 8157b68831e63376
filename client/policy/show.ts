import * as z from 'zod'
import { type Context, show } from '../context.ts'
import { defined } from '../http.ts'
import { intoNewFile, mustBeNew } from '../new-file.ts'
import type { Exit } from '../outcome.ts'
import { fact, table, time } from '../screen.ts'
import { fetchBundle } from './bundle-file.ts'

export type ShowTyped = { hash: string; out?: string }

/**
 * The files of a policy folder, and the place of their parts in a bundle. A bundle of another version may lack a part.
 */
const files: { readonly [file: string]: { readonly [what: string]: readonly string[] } } = {
  'ladder.json': { tiers: ['ladder', 'tiers'] },
  'directory.json': { people: ['directory', 'people'], groups: ['directory', 'groups'] },
  'agents.json': { agents: ['agents'] },
  'actions/': { actions: ['actions'] },
  'resources.json': { rules: ['resources'] },
  'tools.json': { tools: ['tools'] },
  'break-glass.json': { profiles: ['breakGlass', 'profiles'] },
  'calendar.json': { windows: ['calendar', 'windows'], freezes: ['calendar', 'freezes'] },
}
const Deployed = z.looseObject({ deployment: z.looseObject({ commit: z.string().optional() }) })

/** Describes a bundle, and with `--out` writes it in the form that `policy diff` and `policy replay` read. */
export async function showBundle({ hash, out }: ShowTyped, context: Context): Promise<Exit> {
  const { surroundings } = context
  if (out !== undefined) mustBeNew(out, surroundings.folder)
  const { kept_at, bundle } = await fetchBundle(hash, context)
  const { commit } = Deployed.safeParse(bundle).data?.deployment ?? {}
  const has = countsIn(bundle)
  if (out !== undefined) {
    const file = intoNewFile(out, surroundings.folder)
    file.write(`${JSON.stringify(bundle, null, 2)}\n`)
    file.end()
  }
  return show(context, { hash, kept_at, ...defined({ commit }), files: has, ...defined({ out }) }, () => [
    hash,
    ...fact('first', time(kept_at, surroundings)),
    ...fact('commit', commit),
    ...table(
      ['FILE', 'HAS'],
      Object.entries(has).map(([name, counts]) => [name, countsText(counts)]),
    ),
    ...fact('written', out),
  ])
}

type Counts = { readonly [what: string]: number }

function countsIn(bundle: object): { readonly [file: string]: Counts } {
  const observed = idsIn(bundle, 'observed')
  const counted = Object.entries(files).flatMap(([file, places]) => {
    const there = Object.entries(places).flatMap(([what, path]) => {
      const value = path.reduce<unknown>(memberOf, bundle)
      return value === undefined ? [] : [[what, Object.keys(Object(value)).length] as const]
    })
    return there.length === 0 ? [] : [[file, Object.fromEntries(there)] as const]
  })
  const policies = { policies: idsIn(bundle, 'policies'), ...(observed > 0 ? { observed } : {}) }
  return { '*.cedar': policies, ...Object.fromEntries(counted) }
}

const memberOf = (value: unknown, name: string): unknown => (Object(value) as { [name: string]: unknown })[name]

/** A policy is in the slice of each action that it applies to, so ids are counted once. */
const idsIn = (bundle: object, slices: string): number =>
  new Set(Object.values(Object(memberOf(bundle, slices))).flatMap((slice) => Object.keys(Object(slice)))).size

const countsText = (counts: Counts): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
