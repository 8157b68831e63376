import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, JsonObject } from '../../../functions/domain/values.ts'
import { wrongBy } from './model-check.ts'

/** The account in which runs are played. */
export const playedAccount = {
  ...{ partition: 'aws', region: 'us-east-1', accountId: '000000000000', externalId: 'made-up' },
} as const

type Document = JsonObject & { Name: string; DocumentVersion: string; Owner: string; Content: string }
type Execution = {
  id: string
  token: string
  asked: JsonObject
  by: string
  startedAt: number
  status: string
  parent?: string
}
type Build = Pick<Execution, 'id' | 'token' | 'asked' | 'by' | 'startedAt' | 'status'> & { serviceRole?: Json }

/** An answer of AWS that is an error: its name and status. */
export class AwsSaysNo extends Error {
  readonly status: number
  constructor(name: string, message = 'no', status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

/**
 * Systems Manager Automation and CodeBuild, which the local engine lacks, as far as their APIs go: each call and answer is
 * held to the SDK's model of its operation, and the rules of idempotency are those of AWS's documentation.
 */
export class PlayedRuns {
  readonly documents: Document[] = []
  readonly executions: Execution[] = []
  readonly projects: JsonObject[] = []
  readonly builds: Build[] = []
  /** The calls that came, by operation. */
  readonly asked: { operation: string; input: JsonObject; by: string }[] = []
  /** Seconds. */
  now = () => Math.floor(Date.now() / 1000)
  /** The number of items on a page of a list. */
  page = 50

  /** @param by the name of the session that asks, as in its ARN */
  answer(operation: string, input: JsonObject, by: string): JsonObject {
    const wrong = wrongBy(operation, 'input', input)
    if (wrong.length > 0) throw new AwsSaysNo('ValidationException', wrong.join('; '))
    this.asked.push({ operation, input, by })
    const play = this.#plays[operation]
    if (!play) throw new AwsSaysNo('UnknownOperationException')
    const output = play(input, by)
    const broken = wrongBy(operation, 'output', output)
    if (broken.length > 0) throw new Error(`the program plays what AWS cannot answer: ${broken.join('; ')}`)
    return output
  }

  count = (operation: string): number => this.asked.filter((each) => each.operation === operation).length

  readonly #plays: { readonly [operation: string]: (input: JsonObject, by: string) => JsonObject } = {
    'ssm:DescribeDocument': (input) => {
      const { Content: _, ...described } = this.#documentOf(input)
      return { Document: described }
    },
    'ssm:GetDocument': (input) => {
      const { Name, DocumentVersion, Content, DocumentType = 'Automation', Status = 'Active' } = this.#documentOf(input)
      return { Name, DocumentVersion, Content, DocumentType, Status, DocumentFormat: 'JSON' }
    },
    'ssm:StartAutomationExecution': (input, by) => {
      const { ClientToken = randomUUID(), DocumentName, DocumentVersion } = input
      const token = String(ClientToken)
      if (!/^[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}$/.test(token))
        throw new AwsSaysNo('ValidationException')
      const before = this.executions.find((each) => each.token === token.toLowerCase())
      if (before && JSON.stringify(before.asked) !== JSON.stringify(input))
        throw new AwsSaysNo('IdempotentParameterMismatch')
      if (before) return { AutomationExecutionId: before.id }
      const document = this.documents.find(
        ({ Name, DocumentVersion: version }) => Name === DocumentName && version === DocumentVersion,
      )
      if (!document) throw new AwsSaysNo('AutomationDefinitionNotFoundException')
      const { parameters = {} } = JSON.parse(document.Content) as { parameters?: object }
      const unknown = Object.keys(Object(input['Parameters'])).filter((name) => !Object.hasOwn(parameters, name))
      if (unknown.length > 0) throw new AwsSaysNo('InvalidAutomationExecutionParametersException')
      const execution = {
        id: randomUUID(),
        token: token.toLowerCase(),
        asked: input,
        by,
        startedAt: this.now(),
        status: 'InProgress',
      }
      this.executions.push(execution)
      return { AutomationExecutionId: execution.id }
    },
    'ssm:DescribeAutomationExecutions': ({ Filters = [], NextToken = '0' }) => {
      const wanted = new Map(
        (Filters as JsonObject[]).map(({ Key, Values }) => [String(Key), String((Values as Json[])[0])]),
      )
      const since = Date.parse(wanted.get('StartTimeAfter') ?? '1970-01-01') / 1000
      const found = this.executions
        .filter(
          ({ asked, startedAt }) =>
            String(asked['DocumentName']).startsWith(wanted.get('DocumentNamePrefix') ?? '') && startedAt > since,
        )
        .toReversed()
      const from = Number(NextToken)
      return {
        AutomationExecutionMetadataList: found.slice(from, from + this.page).map((each) => metadataOf(each)),
        ...(found.length > from + this.page && { NextToken: String(from + this.page) }),
      }
    },
    'ssm:GetAutomationExecution': (input) => {
      const found = this.#executionOf(input)
      return { AutomationExecution: metadataOf(found) }
    },
    'ssm:StopAutomationExecution': (input) => {
      const found = this.#executionOf(input)
      if (found.status !== 'InProgress') throw new AwsSaysNo('InvalidAutomationStatusUpdateException')
      found.status = 'Cancelled'
      return {}
    },
    'codebuild:BatchGetProjects': ({ names }) => {
      const [found, projectsNotFound] = split(names, (name) => this.projects.find((each) => each['name'] === name))
      return { projects: found, projectsNotFound }
    },
    'codebuild:StartBuild': (input, by) => {
      const { idempotencyToken: token = randomUUID(), projectName } = input
      const project = this.projects.find(({ name }) => name === projectName)
      if (!project) throw new AwsSaysNo('ResourceNotFoundException')
      // The token is good for five minutes.
      const before = this.builds.find((each) => each.token === token && each.startedAt > this.now() - 300)
      if (before && JSON.stringify(before.asked) !== JSON.stringify(input)) throw new AwsSaysNo('InvalidInputException')
      const build = before ?? {
        ...{ id: `${String(projectName)}:${randomUUID()}`, token: String(token), asked: input, by },
        ...{ startedAt: this.now(), status: 'IN_PROGRESS', serviceRole: project['serviceRole'] ?? null },
      }
      if (!before) this.builds.push(build)
      return { build: buildOf(build) }
    },
    'codebuild:ListBuildsForProject': ({ projectName }) => ({
      ids: this.builds
        .filter(({ asked }) => asked['projectName'] === projectName)
        .map(({ id }) => id)
        .toReversed(),
    }),
    'codebuild:BatchGetBuilds': ({ ids }) => {
      const [found, buildsNotFound] = split(ids, (id) => this.builds.find((each) => each.id === id))
      return { builds: found.map(buildOf), buildsNotFound }
    },
    'codebuild:StopBuild': ({ id }) => {
      const found = this.builds.find((each) => each.id === id)
      if (!found) throw new AwsSaysNo('ResourceNotFoundException')
      if (found.status === 'IN_PROGRESS') found.status = 'STOPPED'
      return { build: buildOf(found) }
    },
  }

  #documentOf({ Name, DocumentVersion }: JsonObject): Document {
    const found = this.documents.filter((each) => each.Name === Name)
    if (found.length === 0) throw new AwsSaysNo('InvalidDocument')
    const version = found.find((each) => each.DocumentVersion === DocumentVersion)
    if (!version) throw new AwsSaysNo('InvalidDocumentVersion')
    return version
  }

  #executionOf({ AutomationExecutionId }: JsonObject): Execution {
    const found = this.executions.find(({ id }) => id === AutomationExecutionId)
    if (!found) throw new AwsSaysNo('AutomationExecutionNotFoundException')
    return found
  }
}

/** A session of the runner, unless the name has another role before it. */
const sessionOf = (by: string): string => (by.includes('/') ? by : `Hotwork-runner/${by}`)

const metadataOf = ({ id, asked, by, startedAt, status, parent }: Execution): JsonObject => ({
  ...{
    AutomationExecutionId: id,
    DocumentName: asked['DocumentName'] ?? null,
    DocumentVersion: asked['DocumentVersion'] ?? null,
  },
  ...{ ExecutionStartTime: startedAt, AutomationExecutionStatus: status },
  ExecutedBy: `arn:aws:sts::${playedAccount.accountId}:assumed-role/${sessionOf(by)}`,
  ...(parent !== undefined && { ParentAutomationExecutionId: parent }),
})

const buildOf = ({ id, asked, by, startedAt, status, serviceRole }: Build): JsonObject => ({
  ...{ id, projectName: asked['projectName'] ?? null, buildStatus: status, startTime: startedAt },
  ...{ buildComplete: status !== 'IN_PROGRESS', initiator: sessionOf(by) },
  ...(typeof serviceRole === 'string' && { serviceRole }),
  ...(typeof asked['sourceVersion'] === 'string' && { sourceVersion: asked['sourceVersion'] }),
})

function split<T>(names: Json | undefined, find: (name: Json) => T | undefined): [T[], Json[]] {
  const found: T[] = []
  const missing: Json[] = []
  for (const name of names as Json[]) {
    const each = find(name)
    if (each === undefined) missing.push(name)
    else found.push(each)
  }
  return [found, missing]
}

const prefixes: { readonly [target: string]: string } = { AmazonSSM: 'ssm', CodeBuild_20161006: 'codebuild' }

/**
 * The program over HTTP, in the protocol of AWS's JSON. Each access key is the name of its session.
 * @param fate of the next calls: `lost` does the call and closes the connection
 */
export async function serveRuns(played: PlayedRuns, fate: ('lost' | 'unsent' | undefined)[] = []) {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const [target = '', operation = ''] = String(request.headers['x-amz-target']).split('.')
    const [, by = ''] = /Credential=([\w-]+)\//.exec(request.headers.authorization ?? '') ?? []
    const next = fate.shift()
    if (next === 'unsent') return void request.socket.destroy()
    const tell = (status: number, answer: JsonObject) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer))
    try {
      const answer = played.answer(`${prefixes[target]}:${operation}`, JSON.parse(body), by)
      if (next === 'lost') return void request.socket.destroy()
      tell(200, answer)
    } catch (fault) {
      if (fault instanceof AwsSaysNo) tell(fault.status, { __type: fault.name, message: fault.message })
      else tell(500, { __type: 'InternalServerError', message: String(fault) })
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((closed) => void server.close(closed).closeAllConnections()),
  }
}
