import { DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { HttpIncidents } from '../../adapters/incident-service/http-incidents.ts'
import { LambdaActualReader } from '../../adapters/lambda/actual-reader.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { PatternIncidents } from '../../adapters/system/system.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import type { Log } from '../../operations/ports.ts'
import type { AskingPorts } from '../../operations/requests/ports.ts'

/** What a review and a drill's report go by beside the tables of decisions: the calls on record, and what was posted. */
export const evidenceIn = (
  { CARDS_TABLE, READ_CALLS_FUNCTION }: { CARDS_TABLE: string; READ_CALLS_FUNCTION: string },
  log: Log,
) => ({
  actual: new LambdaActualReader(READ_CALLS_FUNCTION, log),
  cards: new DynamoCardStore(connect(), CARDS_TABLE),
})

/** Incidents by their pattern alone, or, where the deployment says where they are kept, by asking there too. */
export function incidentsOf(
  { policy, clock }: Pick<AskingPorts, 'policy' | 'clock'>,
  { INCIDENT_SECRET }: { INCIDENT_SECRET: string },
): Incidents {
  const { incidents } = policy.bundle.deployment
  if (!incidents) return new PatternIncidents()
  const secret = new IncidentSecretReader(INCIDENT_SECRET, clock)
  const authorization = async () => (await secret.read()).checkAuthorization
  return new HttpIncidents({ url: incidents.url, authorization, clock })
}
