import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cedar } from '../adapters/cedar/compile-cedar.ts'
import { EvaluationBody, parseBody } from '../adapters/http/authzen.ts'
import { BadRequest } from '../adapters/http/problem.ts'
import { readJson } from '../adapters/http/read-body.ts'
import { compileFolder } from '../adapters/policy-folder/compile-folder.ts'
import { formatProblem } from '../adapters/policy-folder/json-document.ts'
import { SystemClock } from '../adapters/system/system.ts'
import { AgentId } from '../domain/values.ts'
import { describePlan } from '../handlers/wiring/describe-plan.ts'
import { planRequest } from '../operations/requests/plan-request.ts'

/**
 * A program, not a Lambda: an AuthZEN evaluation in, and out comes what would come of it by a folder of policies: which
 * tier and why, who would decide, who would be told, what there would be to get. Nothing is asked or sent. Exit 0 when it
 * could be requested, 1 when it would be refused or the folder has problems, 2 for wrong usage.
 */
const usage = 'npm run plan -- FILE [--policies DIR] [--deployment FILE] [--recent NUMBER] [--json]'

class WrongUsage extends Error {}

function main(args: string[]): 0 | 1 {
  const { file, policies, deployment, recent, json } = read(args)
  const { subject, action, resource, context } = readAsk(file)
  const agent = AgentId.safeParse(subject.id)
  if (!agent.success) throw new WrongUsage(`${file}: \`subject.id\` should be an agent, such as \`agent:remediator\``)
  const compiled = compileFolder(policies, deployment, cedar)
  if (!compiled.ok) {
    for (const problem of compiled.problems) console.error(formatProblem(problem))
    return 1
  }
  const { bundle } = compiled
  const plan = planRequest(
    {
      agent: agent.data,
      action: { name: action.name, properties: action.properties ?? {} },
      resource,
      ...(context?.purpose === undefined ? {} : { purpose: context.purpose }),
      recent,
    },
    cedar.open(bundle),
    new SystemClock().now(),
  )
  console.log(json ? JSON.stringify(plan, null, 2) : describePlan(plan, bundle))
  return plan.outcome === 'requestable' ? 0 : 1
}

function read(args: string[]) {
  const { values, positionals } = parse(args)
  const [file, ...more] = positionals
  const recent = Number(values.recent)
  if (file === undefined || more.length > 0 || !Number.isSafeInteger(recent) || recent < 0) throw new WrongUsage(usage)
  return { ...values, file, recent }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        policies: { type: 'string', default: 'policies' },
        deployment: { type: 'string', default: 'test/policies/deployment.json' },
        recent: { type: 'string', default: '0' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch (cause) {
    throw new WrongUsage(`${cause instanceof Error ? cause.message : cause}\n${usage}`)
  }
}

/** By the rules of the endpoint that would take it. */
function readAsk(file: string) {
  try {
    return parseBody(EvaluationBody, readJson(readFileSync(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof BadRequest) throw new WrongUsage(`${file}: ${cause.problem.detail ?? cause.message}`)
    throw new WrongUsage(`${file}: ${cause instanceof Error ? cause.message : cause}`)
  }
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (cause) {
  if (!(cause instanceof WrongUsage)) throw cause
  console.error(cause.message)
  process.exitCode = 2
}
