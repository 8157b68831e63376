import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spread } from '../../local/demo/report.ts'

export type Verdict = 'held' | 'failed' | 'not asked here'
export type Asked = { id: string; expects: string; verdict: Verdict; found: string; seconds: number }

export interface Run {
  name: string
  accountId: string
  region: string
  /** Whether it ran on AWS itself, and not on an emulator. */
  isAws: boolean
  began: number
  deployedWithin?: number
  /** The chapters: how many expectations held, and each that failed. */
  chapters?: { names: readonly string[]; held: number; failures: readonly string[] }
  latencies?: { [name: string]: readonly number[] }
  checks: Asked[]
  /** The reason of an early end. */
  endedBy?: string
}

export const isGood = ({ chapters, checks, endedBy }: Run): boolean =>
  endedBy === undefined &&
  chapters !== undefined &&
  chapters.held > 0 &&
  chapters.failures.length === 0 &&
  checks.every(({ verdict }) => verdict !== 'failed')

/** One line, with the verdict first. */
export function summaryOf(run: Run): string {
  const { chapters = { held: 0, failures: [] }, checks, endedBy } = run
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length
  return [
    isGood(run) ? 'GOOD' : 'NOT GOOD',
    ...(endedBy === undefined ? [] : [`it did not come to its end: ${endedBy}`]),
    `chapters: ${chapters.held} expectations held, ${chapters.failures.length} failed`,
    `checks: ${count('held')} held, ${count('failed')} failed, ${count('not asked here')} not asked here`,
  ].join('; ')
}

/** Writes Markdown and JSON into the run's folder, failures first. */
export function writeReport(directory: string, run: Run): void {
  const { began, checks, latencies = {}, chapters, deployedWithin } = run
  const rows = Object.entries(latencies).map(([name, values]) => [name, ...spread(values), String(values.length)])
  const minutes = (milliseconds: number) => `${(milliseconds / 60_000).toFixed(1)} min`
  const where = run.isAws ? `AWS account ${run.accountId}, ${run.region}` : 'an emulator: its times say nothing of AWS'
  const failed = [
    ...(chapters?.failures ?? []),
    ...checks.flatMap(({ id, expects, verdict, found }) =>
      verdict === 'failed' ? [`check \`${id}\`: ${expects}. Found: ${found}`] : [],
    ),
  ]
  const lines = [
    `# verify:aws, ${new Date(began).toISOString()}`,
    '',
    `**${summaryOf(run)}**`,
    '',
    `Run ${run.name} on ${where}.`,
    `${deployedWithin === undefined ? 'It was not deployed' : `Deployed within ${minutes(deployedWithin)}`}; all of it took ${minutes(Date.now() - began)}.`,
    ...(chapters ? [`Chapters told: ${chapters.names.join(', ')}.`] : []),
    ...(failed.length > 0 ? ['', '## Failed', '', ...failed.map((each) => `- ${each.replaceAll('\n', ' ')}`)] : []),
    ...['', '## Latencies', ''],
    ...table([['from and to', 'median', 'least', 'most', 'times'], ...rows]),
    ...['', '## What only AWS answers', ''],
    ...table([
      ['check', 'expected', 'verdict', 'found', 'seconds'],
      ...checks.map(({ id, expects, verdict, found, seconds }) => [
        ...[`\`${id}\``, expects, verdict, found],
        String(seconds),
      ]),
    ]),
  ]
  writeFileSync(join(directory, 'report.md'), `${lines.join('\n')}\n`)
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify({ ...run, ended: Date.now() }, null, 2)}\n`)
}

const table = ([head = [], ...rows]: string[][]): string[] =>
  [head, head.map(() => '---'), ...rows].map(
    (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
  )
