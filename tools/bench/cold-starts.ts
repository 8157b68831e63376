import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compared, type Finding, quantile } from './harness.ts'

const root = join(import.meta.dirname, '../..')

/** Milliseconds of one vCPU. The Slack edge, which alone carries Bolt, may take longer. */
const targets = { edge: 400, other: 300 }

/** Milliseconds of processor time, all threads and Node's own start with them: on one vCPU no start takes less. */
type ColdStart = { name: string; kilobytes: number; init: number; parsed: number }

/**
 * L3: INIT of each Lambda in fresh processes: Node starts, the bundle loads, policies are parsed and rehearsed. Beside
 * it the start of a handler that parses the same bytes and runs none of them.
 */
export function measureColdStarts(processes: number): { findings: Finding[]; details: string } {
  const directory = mkdtempSync(join(tmpdir(), 'hotwork-bench-cold-'))
  try {
    const starts = synthesize(directory).map(({ name, environment }): ColdStart => {
      const file = join(directory, 'Hotwork.functions', name, 'index.js')
      const unused = join(directory, `${name}.js`)
      writeFileSync(unused, `exports.handler = async () => {}\nfunction unused() {${readFileSync(file, 'utf8')}\n}\n`)
      const kilobytes = statSync(file).size / 1024
      return { name, kilobytes, init: start(file, environment, processes), parsed: start(unused, {}, processes) }
    })
    const slowest = starts.toSorted((a, b) => b.init - a.init)
    const isEdge = ({ name }: ColdStart) => name === 'receive-slack'
    return {
      findings: [
        finding('the Slack edge', targets.edge, slowest.filter(isEdge)),
        finding(
          'the slowest of the others',
          targets.other,
          slowest.filter((each) => !isEdge(each)),
        ),
        compared(
          `half of all ${starts.length} take less than`,
          `${quantile(
            slowest.map(({ init }) => init),
            0.5,
          ).toFixed(0)} ms`,
        ),
      ],
      details: ['INIT of each Lambda, ms of one vCPU, and how many times that of a handler that only parses its bytes']
        .concat(slowest.map(say))
        .join('\n'),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const say = ({ name, kilobytes, init, parsed }: ColdStart) =>
  `${init.toFixed(0).padStart(5)} ms ${(init / parsed).toFixed(1).padStart(5)}x ${kilobytes.toFixed(0).padStart(5)} KB  ${name}`

function finding(which: string, target: number, [slowest]: readonly ColdStart[]): Finding {
  if (!slowest) throw new Error(`the app has no function that is ${which}`)
  return {
    id: 'L3',
    what: `INIT of ${which}, on one vCPU`,
    target: `< ${target} ms`,
    measured: say(slowest).replaceAll(/ +/g, ' ').trim(),
    // The number depends on the machine and its load: it is reported, and fails nothing.
    verdict: slowest.init < target ? 'met' : 'below target',
  }
}

/** The CDK app as it is deployed: every function's name, and an environment to start it with. */
function synthesize(outdir: string): { name: string; environment: Record<string, string> }[] {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context?: object }
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'infra/app.ts')], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, deployment: 'test/policies/deployment.json' }),
      CDK_DEFAULT_ACCOUNT: '111111111111',
      CDK_DEFAULT_REGION: 'eu-central-1',
    },
  })
  if (status !== 0) throw new Error(`the app did not synthesize:\n${stderr}`)
  const { Resources } = JSON.parse(readFileSync(join(outdir, 'Hotwork.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string; Properties: LambdaProperties }>
  }
  return Object.values(Resources).flatMap(({ Type, Properties }) => {
    const name = /^Hotwork (.+)$/.exec(Properties?.Description ?? '')?.[1]
    if (Type !== 'AWS::Lambda::Function' || name === undefined) return []
    const told = Object.entries(Properties.Environment?.Variables ?? {})
    // Values that only a deployment knows are placeholders: nothing is called while code loads.
    const environment = told.map(([key, value]) => [key, typeof value === 'string' ? value : 'https://told.example'])
    return [{ name, environment: Object.fromEntries(environment) as Record<string, string> }]
  })
}
type LambdaProperties = {
  Description?: string
  Environment?: { Variables: Record<string, unknown> }
}

const program = `require(process.argv[1])
const { user, system } = process.cpuUsage()
process.stdout.write(String(user + system), () => process.exit())`

/** The fast decile of the starts: the time on an idle machine. */
function start(file: string, environment: Record<string, string>, processes: number): number {
  const took = Array.from({ length: processes }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program, file], {
      encoding: 'utf8',
      env: { AWS_REGION: 'eu-central-1', ...environment },
    })
    // The end of the output: Node prints the throwing line first, and a bundle is one line.
    if (status !== 0)
      throw new Error(`${file} does not load:
${stderr.slice(-2000)}`)
    return Number(stdout) / 1e3
  })
  return quantile(took, 0.1)
}
