// Rules: test/policies/calendar.test.ts
import { namesIn } from '../../domain/policy/calendar.ts'
import { known, type Say } from '../../domain/what-is-wrong.ts'
import type { CompiledPolicies } from './compile-folder.ts'
import { mustBeIn, type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/** Checks that each name of the calendar means one thing. */
export function checkCalendar({ calendar }: Folder): Problem[] {
  if (!calendar) return []
  const { dates = {}, windows, freezes } = calendar.value
  return problemsIn(calendar.document, (say) => {
    const isNamedDays = mustBeIn(Object.keys(dates), say)
    for (const [name, { except = [] }] of Object.entries(windows))
      for (const [at, days] of except.entries())
        isNamedDays(['windows', name, 'except', at], days, `\`${days}\` is not in \`dates\``)
    for (const [name, periods] of Object.entries(freezes)) {
      if (Object.hasOwn(windows, name))
        say(['freezes', name], `\`${name}\` is a window too`, 'give one of them another name')
      checkApart(name, periods, say)
    }
  })
}

type Periods = NonNullable<Folder['calendar']>['value']['freezes'][string]

/** Overlapping periods lack a single reason and end for people and agents. */
function checkApart(name: string, periods: Periods, say: Say): void {
  periods.forEach(({ from, until }, at) => {
    if (periods.slice(0, at).some((other) => from < other.until && other.from < until))
      say(['freezes', name, at], `a period before it overlaps this one of \`${name}\``, 'make them one, or move one')
  })
}

/** Checks that policies name existing windows, and read each freeze: a misspelt window never holds. */
export function checkWindowsRead({ calendar }: Folder, index: CompiledPolicies['index']): Problem[] {
  const names = calendar ? namesIn(calendar.value) : []
  const policies = Object.entries(index)
  const unknown = policies.flatMap(([id, { file, reads }]) =>
    reads.windows.named
      .filter(({ name }) => !names.includes(name))
      .map(({ name, line }) => ({
        file,
        line,
        message: `\`${id}\` reads the window \`${name}\`, which is not in calendar.json`,
        fix: known(names),
      })),
  )
  if (!calendar || policies.some(([, { reads }]) => reads.windows.whole)) return unknown
  const read = new Set(policies.flatMap(([, { reads }]) => reads.windows.named.map(({ name }) => name)))
  const unread = problemsIn(calendar.document, (say) => {
    for (const name of Object.keys(calendar.value.freezes))
      if (!read.has(name))
        say(
          ['freezes', name],
          `no policy reads the freeze \`${name}\`, so it stops nothing`,
          `write a forbid \`when { context.windows.contains("${name}") }\`, or remove the freeze`,
        )
  })
  return [...unknown, ...unread]
}
