// Rules: test/infra/lambdas.test.ts
import { JmesPathExpressions } from '../../adapters/jmespath/expressions.ts'
import { defined } from '../../domain/values.ts'
import type { Log, TaskService } from '../../operations/ports.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'
import { incidentServiceOf } from './incidents.ts'

/** The service that knows agents' parent tasks; undefined if the deployment file names no incident service. */
export const tasksOf = (
  ports: Pick<AskingPorts, 'policy' | 'clock'> & { log: Log },
  told: { INCIDENT_SECRET: string },
): { tasks?: TaskService } =>
  defined({ tasks: incidentServiceOf({ ...ports, expressions: new JmesPathExpressions() }, told) })
