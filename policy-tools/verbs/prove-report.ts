// Rules: test/policies/changes/prove.test.ts
import type { Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import { exact, inert } from '../../functions/domain/inert.ts'
import { type Judged, type PolicyIndex, type Property, type ProveFile, statementOf } from '../proof/property.ts'
import { type Exit, exits, type Io, jsonText } from './io.ts'

export type Report = {
  judged: readonly Judged[]
  by: { tools: { cedar: string; solver: string } } | { sample: number; seed: number }
  settings: ProveFile
  index: PolicyIndex & { readonly [id: string]: { file: string; line: number } }
  /** The assumptions of each action, in words. */
  assumptions: { readonly [action: string]: readonly string[] }
  milliseconds: number
  /** The folder's failing cases. */
  failing: readonly Problem[]
}

const titles: { readonly [kind in Property['kind']]: string } = {
  more_approval: 'more approval never permits less',
  people: 'nothing without people in the environments of `people` in prove.json',
  no_wider: 'nothing is permitted that OLD refuses',
  left_open: 'no answer depends on an argument that a credential leaves open',
  never_errs: 'no policy errs',
  decides: 'no policy is dead or shadowed',
}

export function tellReport(report: Report, { json, verbose }: { json: boolean; verbose: boolean }, io: Io): Exit {
  const holds = report.failing.length === 0 && report.judged.every(({ verdict }) => verdict.outcome === 'holds')
  if (json) io.out(jsonText({ ok: holds, ...jsonOf(report) }))
  else io.out(textOf(report, verbose))
  return holds ? exits.done : exits.problems
}

const jsonOf = ({ judged, by, settings, index, assumptions, milliseconds, failing }: Report) => ({
  by: 'tools' in by ? { proof: by.tools } : by,
  milliseconds,
  settings,
  ...(failing.length > 0 ? { failing } : {}),
  assumptions,
  properties: judged.map(({ property, verdict, milliseconds: took }) => ({
    claim: statementOf(property),
    ...property,
    ...placeOf(property, index),
    ...verdict,
    milliseconds: took,
  })),
})

const placeOf = (property: Property, index: Report['index']) => {
  const found = property.kind === 'decides' ? index[property.policy] : undefined
  return found ? { file: found.file, line: found.line } : {}
}

function textOf(report: Report, verbose: boolean): string {
  const { judged, settings, assumptions } = report
  const kinds = Object.keys(titles) as Property['kind'][]
  const counts = kinds.flatMap((kind) => {
    const all = judged.filter(({ property }) => property.kind === kind)
    if (all.length === 0) return []
    const good = all.filter(({ verdict }) => verdict.outcome === 'holds').length
    return [`${`${good} of ${all.length}`.padStart(9)}  ${titles[kind]}`]
  })
  const cases = report.failing.length
  const others = judged.filter(({ verdict }) => verdict.outcome !== 'holds')
  return [
    ...others.flatMap((each) => [...linesOf(each, report.index), '']),
    ...(verbose ? [...judged.filter(({ verdict }) => verdict.outcome === 'holds').map(heldLine), ''] : []),
    ...counts,
    ...(settings.people.length === 0
      ? [
          '           prove.json names no environment under `people`: that nothing happens there without people was not asked',
        ]
      : []),
    ...(settings.standby.length === 0 ? [] : [`           on standby: ${settings.standby.join(', ')}`]),
    ...(cases === 0
      ? []
      : [`           ${cases} problems with cases of the folder: \`hotwork policy check\` says which`]),
    '',
    ...(verbose ? assumedLines(assumptions) : []),
    lastLine(report),
    '',
  ].join('\n')
}

const heldLine = ({ property, milliseconds }: Judged) => `holds  ${statementOf(property)} (${milliseconds} ms)`

const words = { fails: 'FAILS', unproved: 'NOT PROVED', fault: 'FAULT', holds: 'holds' } as const

function linesOf({ property, verdict }: Judged, index: Report['index']): readonly string[] {
  const { file, line } = placeOf(property, index)
  const head = `${words[verdict.outcome]}  ${statementOf(property)}`
  const place = file === undefined ? [] : [`  ${file}:${line}`]
  if (verdict.outcome === 'holds') return [head]
  const { counterexample } = verdict.outcome === 'fails' ? verdict : {}
  return [
    head,
    ...place,
    `  ${inert(verdict.why)}`,
    ...(counterexample ? [`  ${inert(counterexample.says)}`] : []),
    ...(counterexample?.case
      ? ['  for example, as cases/*.json has it:', `    ${exact(counterexample.case)}`]
      : Object.entries(counterexample?.facts ?? {}).map(([path, value]) => `    ${path}: ${inert(value)}`)),
  ]
}

const assumedLines = (assumptions: Report['assumptions']): readonly string[] =>
  Object.entries(assumptions).flatMap(([action, all]) => [
    `Assumed of ${action}:`,
    ...all.map((each) => `  ${inert(each)}`),
    '',
  ])

function lastLine({ judged, by, milliseconds }: Report): string {
  const holds = judged.every(({ verdict }) => verdict.outcome === 'holds')
  const took = `${(milliseconds / 1000).toFixed(1)} s`
  if ('tools' in by)
    return `${holds ? 'Proved' : 'Asked'} of all possible questions in ${took}, by Cedar ${by.tools.cedar} and cvc5 ${by.tools.solver}.`
  return `Tried on ${by.sample} random questions in ${took}, seed ${by.seed}. A sample is not a proof.`
}
