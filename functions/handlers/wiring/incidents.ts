import { HttpIncidents } from '../../adapters/incident-service/http-incidents.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { PatternIncidents } from '../../adapters/system/system.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import type { AskingPorts } from '../../operations/requests/ports.ts'

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
