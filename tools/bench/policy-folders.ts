import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Asked, findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { ActionQuestion, Moment } from '../../functions/domain/policy/question.ts'
import type { AgentId } from '../../functions/domain/values.ts'

const root = join(import.meta.dirname, '../..')

/** Compiles policy folders from files, by the deployer's program. Disposal deletes all files. */
export class PolicyFolders {
  readonly #directory = mkdtempSync(join(tmpdir(), 'hotwork-bench-'))

  /** The file of the sample organisation's bundle. */
  sample(): string {
    return this.#compile(join(root, 'policies'), 'sample.json')
  }

  /** The file of the same organisation's bundle with `actions` more actions of eight policies each. */
  withMore(actions: number): string {
    const folder = join(this.#directory, 'policies')
    cpSync(join(root, 'policies'), folder, { recursive: true })
    const flag = JSON.parse(readFileSync(join(folder, 'actions/flags.set.json'), 'utf8')) as object
    const cases = Array.from({ length: actions }, (_, n) => {
      const name = `many:set${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}`
      writeFileSync(
        join(folder, `actions/many-${n}.json`),
        JSON.stringify({ ...flag, name, group: 'many', mutates: false }),
      )
      const policies = Array.from(
        { length: 8 },
        (_, at) =>
          `@id("p${n}-${at}")\npermit (principal, action == Hotwork::Action::"${name}", resource) when { context.approval.tier >= ${at % 4} };`,
      )
      writeFileSync(join(folder, `many-${n}.cedar`), policies.join('\n'))
      const ask = {
        agent: 'agent:remediator',
        action: name,
        purpose: 'x',
        arguments: { environment: 'prod', flag: 'a', value: 1 },
      }
      return { name, ask, expect: { tier: 0, policies: [`p${n}-0`, `p${n}-4`] } }
    })
    writeFileSync(join(folder, 'cases/many.json'), JSON.stringify({ cases }))
    return this.#compile(folder, 'many.json', '--write-schema')
  }

  #compile(policies: string, name: string, ...options: string[]): string {
    const out = join(this.#directory, name)
    const deployment = join(root, 'test/policies/deployment.json')
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        join(root, 'client/hotwork.ts'),
        ...['policy', 'check', policies, '--deployment', deployment, '--out', out, ...options],
      ],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`the policy folder does not compile:\n${stdout}${stderr}`)
    return out
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

export const readBundle = (file: string): Bundle => Bundle.parse(JSON.parse(readFileSync(file, 'utf8')))

/** The question whether the remediator may set one parameter that two stages have approved. */
export function sampleQuestion(bundle: Bundle, moment: Moment): ActionQuestion {
  const now = 1_800_000_000
  const asked: Asked = {
    agent: 'agent:remediator' as AgentId,
    action: 'ssm:PutParameter',
    purpose: 'remediation',
    arguments: { Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true },
  }
  const facts = findFacts(bundle, asked, now)
  if (!facts.ok) throw new Error(facts.detail ?? facts.code)
  return questionOf(facts.value, asked, { moment, tier: 2, now })
}
