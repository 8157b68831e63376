// Rules: test/infra/lambdas.test.ts, test/infra/rows.test.ts
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { type Caller, lambdas, rowsPutBy } from '../functions.ts'
import type { PolicyBundle } from '../policy-bundle.ts'
import type { Alarms } from './alarms.ts'
import type { Anchor } from './anchor.ts'
import type { SigningKey } from './credential-key.ts'
import type { DeadLetters } from './event-sources.ts'
import type { FunctionCode } from './function-code.ts'
import type { HotworkApi } from './hotwork-api.ts'
import { HotworkFunction, type InlineRole } from './hotwork-function.ts'
import type { Reading } from './reading.ts'
import type { ChatSecret, IncidentSecret, SourceSecret } from './secrets.ts'
import type { CardTable, LedgerTable, RequestTable, TextTable, WaitTable } from './tables.ts'
import type { TargetRoles } from './target-roles.ts'

export type Tables = {
  requests: RequestTable
  ledger: LedgerTable
  texts: TextTable
  waits: WaitTable
  cards: CardTable
}

export type Ground = {
  bundle: PolicyBundle
  tables: Tables
  key: SigningKey
  /** The keys of tokens for clusters that take RS256, if the deployment has one. */
  clusterKey: SigningKey | undefined
  anchor: Anchor
  reading: Reading
  chats: readonly ChatSecret[]
  incidents: IncidentSecret
  sourceSecrets: readonly SourceSecret[]
  api: HotworkApi
  alarms: Alarms
  deadLetters: DeadLetters
  roles: TargetRoles
  make: MakeFunction
  /** The names of the functions made so far. */
  made: ReadonlySet<string>
}

/**
 * Makes a function by its descriptor, with its routes, variables and rows. If it uses the present policy, it may also
 * read the registry of agents and recertifications.
 */
export type MakeFunction = (scope: Construct, name: string, role?: InlineRole) => HotworkFunction

/** Makes the remaining functions of some callers. Their rights are those of their descriptors. */
export function makeOthers(scope: Construct, callers: readonly Caller[], { make, made }: Ground): void {
  const others = lambdas.filter(
    ({ name, caller, kind }) => callers.includes(caller) && kind === undefined && !made.has(name),
  )
  for (const { name } of others) make(scope, name)
}

type Given = { code: FunctionCode; log: ILogGroup; reserve: boolean; shards: number } & Pick<
  Ground,
  'alarms' | 'api' | 'tables'
>

export function functionMaker({
  code,
  log,
  reserve,
  shards,
  alarms,
  api,
  tables,
}: Given): Pick<Ground, 'make' | 'made'> {
  const names = new Set<string>()
  const make: MakeFunction = (scope, name, role) => {
    names.add(name)
    const made = new HotworkFunction(scope, pascal(name), { name, code, log, reserve, ...(role && { role }) })
    const { policy, asDeployed, alarm, chains = [], texts, showsTexts } = made.descriptor
    api.route(made)
    if (shards > 1) made.tell({ SHARDS: String(shards) })
    if (alarm) alarms.watchFunction(made)
    const puts = rowsPutBy(made.descriptor)
    if (policy !== 'none' && !asDeployed) tables.requests.grantReadMany(made)
    if (puts.length > 0) tables.requests.grantPut(made, puts)
    if (chains.length > 0) {
      // Reads the end of its chain.
      tables.requests.grantRead(made)
      tables.ledger.grantAppend(made, chains)
    }
    if (texts) tables.texts.grantPut(made)
    if (showsTexts) tables.texts.grantRead(made)
    return made
  }
  return { make, made: names }
}

const pascal = (name: string) => name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
