import * as z from 'zod'
import { SecureUrl } from '../people/identity-issuer.ts'
import { Expression } from '../previews/preview-source.ts'

/** @param settings beside what people see of its answer next to an agent's parent task: JMESPath each */
const service = <K extends z.ZodType, S extends z.ZodRawShape>(kind: K, settings: S) =>
  z.strictObject({
    kind,
    ...settings,
    show: z.strictObject({ title: Expression, status: Expression.optional(), url: Expression.optional() }).optional(),
  })

/** One row for each kind of service that keeps incidents: its settings in the deployment file. Without a kind it is `http`. */
export const IncidentService = z.discriminatedUnion('kind', [
  service(z.literal('http').optional(), {
    url: SecureUrl.regex(/^[^#]*\{incident\}/, 'say with `{incident}` where its name goes'),
  }),
])
export type IncidentService = z.infer<typeof IncidentService>

export type IncidentKind = NonNullable<IncidentService['kind']>
export type IncidentServices = { [K in IncidentKind]: Extract<IncidentService, { kind?: K | undefined }> }
