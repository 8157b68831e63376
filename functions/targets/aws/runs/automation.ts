// Rules: test/targets/aws/runs/automation-and-build.test.ts
import { digestOf } from '../../../domain/digest.ts'
import { textsIn } from '../../../domain/policy/own-control-plane.ts'
import { type Json, type JsonObject, rfc3339 } from '../../../domain/values.ts'
import type { Account } from '../rules/account.ts'
import { isRole } from '../rules/runs.ts'
import { partsOf } from './open-parts.ts'
import { clocksDifferSeconds, listOf, objectOf, type Run, textOf, Unfit } from './run.ts'

/** An Automation document, by name and version. */
export const automation: Run = {
  async start(args, { call }, key) {
    const { AutomationExecutionId } = await call('ssm:StartAutomationExecution', { ...args, ClientToken: uuidOf(key) })
    return { run: textOf(AutomationExecutionId), output: { AutomationExecutionId: textOf(AutomationExecutionId) } }
  },

  /** AWS names the session that started an execution, and that is named after the request. */
  async lookUp(args, { session, begunAt }, { call }) {
    const name = textOf(args['DocumentName'])
    const Filters = [
      { Key: 'DocumentNamePrefix', Values: [name] },
      { Key: 'StartTimeAfter', Values: [rfc3339(begunAt - clocksDifferSeconds)] },
    ]
    let NextToken: Json | undefined
    for (let page = 0; page < mostPages; page++) {
      const answer = await call('ssm:DescribeAutomationExecutions', { Filters, ...(NextToken && { NextToken }) })
      for (const each of listOf(answer['AutomationExecutionMetadataList'])) {
        const { ExecutedBy, DocumentName, AutomationExecutionId, ParentAutomationExecutionId } = objectOf(each)
        if (
          String(ExecutedBy).endsWith(`:assumed-role/${session}`) &&
          DocumentName === name &&
          !ParentAutomationExecutionId
        )
          return { found: 'started', run: textOf(AutomationExecutionId) }
      }
      NextToken = answer['NextToken']
      if (!NextToken) return { found: 'not_done' }
    }
    return { found: 'unknown' }
  },

  async describe(args, { call, account }) {
    const which = { Name: textOf(args['DocumentName']), DocumentVersion: textOf(args['DocumentVersion']) }
    const [described, got] = await Promise.all([
      call('ssm:DescribeDocument', which),
      call('ssm:GetDocument', { ...which, DocumentFormat: 'JSON' }),
    ])
    const document = objectOf(described['Document'])
    const { Owner, DocumentType, Status, Hash, HashType } = document
    if (Owner !== account.accountId && !isOfAws(which.Name, Owner))
      throw new Unfit('document_shared', `\`${which.Name}\` is a document of another account`)
    if (DocumentType !== 'Automation') throw new Unfit('not_automation', `\`${which.Name}\` is no Automation document`)
    if (Status !== 'Active') throw new Unfit('document_not_active', `version ${which.DocumentVersion} is not active`)
    if (document['DocumentVersion'] !== which.DocumentVersion || got['DocumentVersion'] !== which.DocumentVersion)
      throw new Unfit('other_version', 'AWS answered with another version of the document')
    if (/\{\{/.test(JSON.stringify(args['Parameters'] ?? null)))
      throw new Unfit(
        'parameter_not_plain',
        'a parameter has `{{`, by which Systems Manager would fill in another value',
      )
    const text = textOf(got['Content'])
    const content = parse(text)
    return {
      digest: digestOf('hotwork.automation.v1', {
        ...{ Name: which.Name, DocumentVersion: which.DocumentVersion, Owner: Owner ?? null },
        ...{ Hash: Hash ?? null, HashType: HashType ?? null, Content: text },
      }),
      runsAs: roleOf(content, args, account),
      open: openIn(content),
      concerns: textsIn(content),
    }
  },
}

/** More executions since the start were by others. */
const mostPages = 4

/** The form that AWS asks of a token. */
const uuidOf = (key: string): string => key.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** AWS's own documents have names that no account may take. */
const isOfAws = (name: string, owner: Json | undefined): boolean =>
  owner === 'Amazon' && /^(?:AWS|Amazon)[A-Za-z0-9]*-/.test(name)

function parse(text: string): JsonObject {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    throw new Unfit('document_unreadable', 'the document is not JSON')
  }
}

/** The document's role: an ARN, or a parameter. A document without one runs with the rights of its caller. */
function roleOf({ assumeRole, parameters }: JsonObject, args: JsonObject, account: Account): string | null {
  if (typeof assumeRole !== 'string') return null
  const facts: { readonly [name: string]: string } = {
    'global:ACCOUNT_ID': account.accountId,
    'global:REGION': account.region,
    'global:AWS_PARTITION': account.partition,
  }
  const parameterNamed = (name: string): string => {
    const given = objectOf(args['Parameters'])[name] ?? objectOf(objectOf(parameters)[name])['default']
    const [only, ...more] = Array.isArray(given) ? given : [given]
    return more.length === 0 && typeof only === 'string' ? only : ''
  }
  const filled = assumeRole.replaceAll(/\{\{\s*([\w:.-]+)\s*\}\}/g, (_, name: string) =>
    Object.hasOwn(facts, name) ? (facts[name] as string) : parameterNamed(name),
  )
  return isRole(filled) ? filled : null
}

function openIn(content: JsonObject): readonly string[] {
  const { mainSteps, files } = content
  const steps = listOf(mainSteps).flatMap((each) => {
    const { name, inputs } = objectOf(each)
    return partsOf(inputs ?? null, `the step ${String(name)}`)
  })
  const attached = Object.keys(objectOf(files)).map((each) => `the attached file ${each}`)
  const read = [...JSON.stringify(content).matchAll(/\{\{\s*ssm:([\w./-]+)\s*\}\}/g)]
  return [...steps, ...attached, ...read.map(([, name]) => `the value of the parameter ${name} at that time`)]
}
