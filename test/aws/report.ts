import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spread } from '../../infra/local/demo/report.ts'

export type Verdict = 'held' | 'failed' | 'not asked here'
export type Asked = { id: string; expects: string; verdict: Verdict; found: string; seconds: number }

export interface Run {
  name: string
  accountId: string
  region: string
  /** Not an emulator. */
  isAws: boolean
  began: number
  deployedWithin?: number
  chapters?: { held: number; failed: number }
  latencies?: { [name: string]: readonly number[] }
  checks: Asked[]
}

/** Writes it as Markdown and JSON, and prints the tables. @returns how many checks failed */
export function writeReport(directory: string, run: Run, say: (line: string) => void): number {
  const { began, checks, latencies = {}, chapters, deployedWithin } = run
  const rows = Object.entries(latencies).map(([name, values]) => [name, ...spread(values), String(values.length)])
  const minutes = (milliseconds: number) => `${(milliseconds / 60_000).toFixed(1)} min`
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length
  const sum = `${count('held')} held, ${count('failed')} failed, ${count('not asked here')} not asked here`
  const where = run.isAws ? `AWS account ${run.accountId}, ${run.region}` : 'an emulator: its times say nothing of AWS'
  const lines = [
    `# verify:aws, ${new Date(began).toISOString()}`,
    '',
    `Run ${run.name} on ${where}. Deployed within ${minutes(deployedWithin ?? 0)}; all of it took ${minutes(Date.now() - began)}.`,
    `Chapters: ${chapters?.held} expectations held, ${chapters?.failed} failed. Checks: ${sum}.`,
    ...['', '## Latencies', ''],
    ...table([['from and to', 'median', 'least', 'most', 'times'], ...rows]),
    ...['', '## What only AWS answers', ''],
    ...table([
      ['check', 'expected', 'verdict', 'found'],
      ...checks.map(({ id, expects, verdict, found }) => [`\`${id}\``, expects, verdict, found]),
    ]),
  ]
  const text = `${lines.join('\n')}\n`
  writeFileSync(join(directory, 'report.md'), text)
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify({ ...run, ended: Date.now() }, null, 2)}\n`)
  process.stdout.write(`\n${text}\n`)
  say(`${join(directory, 'report.md')} and report.json`)
  return count('failed')
}

const table = ([head = [], ...rows]: string[][]): string[] =>
  [head, head.map(() => '---'), ...rows].map(
    (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
  )
