import { HttpIncidents } from '../../adapters/incident-service/http-incidents.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { PatternIncidents } from '../../adapters/system/system.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import type { Clock } from '../../operations/ports.ts'

/** Incidents by their pattern alone, or, where the deployment says where they are kept, by asking there too. */
export function incidentsOf(
  { deployment }: Pick<Bundle, 'deployment'>,
  { INCIDENT_SECRET }: { INCIDENT_SECRET: string },
  clock: Clock,
): Incidents {
  if (!deployment.incidents) return new PatternIncidents()
  const secret = new IncidentSecretReader(INCIDENT_SECRET, clock)
  const authorization = async () => (await secret.read()).checkAuthorization
  return new HttpIncidents({ url: deployment.incidents.url, authorization, clock })
}
