// Rules: test/seams/seams.test.ts
import { HttpIncidents } from '../../adapters/incident-service/http-incidents.ts'
import { rememberIncidents } from '../../adapters/incident-service/remembered-incidents.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { PatternIncidents } from '../../adapters/system/system.ts'
import type { IncidentKind, IncidentServices } from '../../domain/policy/incident-service.ts'
import type { IncidentReader, Log, TaskService } from '../../operations/ports.ts'
import type { Expressions } from '../../operations/previews/sources.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'

type World = { authorization: () => Promise<string | undefined>; expressions?: Expressions | undefined }

/** One row for each kind of service. */
const readers: { readonly [K in IncidentKind]: (service: IncidentServices[K], world: World) => IncidentReader } = {
  http: (service, world) => new HttpIncidents({ ...service, ...world }),
}

const readerOf = <K extends IncidentKind>(kind: K, service: IncidentServices[K], world: World): IncidentReader =>
  readers[kind](service, world)

type Asking = Pick<AskingPorts, 'policy' | 'clock'> & { log?: Log; expressions?: Expressions }

/** The service that the deployment file names, if any. */
export function incidentServiceOf(
  { policy, clock, log, expressions }: Asking,
  { INCIDENT_SECRET }: { INCIDENT_SECRET: string },
): TaskService | undefined {
  const { incidents } = policy.bundle.deployment
  if (!incidents) return undefined
  const secret = new IncidentSecretReader(INCIDENT_SECRET, clock)
  const authorization = async () => (await secret.read()).checkAuthorization
  return rememberIncidents(readerOf(incidents.kind ?? 'http', incidents, { authorization, expressions }), {
    clock,
    log,
  })
}

/** Looks up incidents: by their pattern, and at the incident service if the deployment file names one. */
export const incidentsOf = (
  { policy, clock }: Pick<AskingPorts, 'policy' | 'clock'>,
  told: { INCIDENT_SECRET: string },
): TaskService => incidentServiceOf({ policy, clock }, told) ?? new PatternIncidents()
