// Rules: test/policies/bad-folder.test.ts
import * as z from 'zod'
import { SecureUrl } from '../people/identity-issuer.ts'
import { Expression } from '../previews/preview-source.ts'

/** @param settings its settings, besides JMESPath expressions for the words about a parent task */
const service = <K extends z.ZodType, S extends z.ZodRawShape>(kind: K, settings: S) =>
  z.strictObject({
    kind,
    ...settings,
    show: z.strictObject({ title: Expression, status: Expression.optional(), url: Expression.optional() }).optional(),
  })

/** The settings of each kind of incident service in the deployment file. The default kind is `http`. */
export const IncidentService = z.discriminatedUnion('kind', [
  service(z.literal('http').optional(), {
    url: SecureUrl.regex(/^[^#]*\{incident\}/, 'put `{incident}` where its name goes'),
  }),
])
export type IncidentService = z.infer<typeof IncidentService>

export type IncidentKind = NonNullable<IncidentService['kind']>
export type IncidentServices = { [K in IncidentKind]: Extract<IncidentService, { kind?: K | undefined }> }
