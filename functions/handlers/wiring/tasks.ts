import { HttpIncidents } from '../../adapters/incident-service/http-incidents.ts'
import { JmesPathExpressions } from '../../adapters/jmespath/expressions.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { defined } from '../../domain/values.ts'
import type { Log } from '../../operations/ports.ts'
import type { AskingPorts, TaskService } from '../../operations/requests/ports.ts'

/** Who is asked about an agent's parent task: no one, unless the deployment says where incidents are kept. */
export function tasksOf(
  { policy, clock, log }: Pick<AskingPorts, 'policy' | 'clock'> & { log: Log },
  { INCIDENT_SECRET }: { INCIDENT_SECRET: string },
): { tasks?: TaskService } {
  const { incidents } = policy.bundle.deployment
  if (!incidents) return {}
  const secret = new IncidentSecretReader(INCIDENT_SECRET, clock)
  const authorization = async () => (await secret.read()).checkAuthorization
  const expressions = new JmesPathExpressions()
  const { url, show } = incidents
  return { tasks: new HttpIncidents({ url, authorization, expressions, clock, log, ...defined({ show }) }) }
}
