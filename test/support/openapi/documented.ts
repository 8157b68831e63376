import { Ajv2020 as Ajv, type ValidateFunction } from 'ajv/dist/2020.js'
import { openApiDocument } from '../../../functions/openapi/document.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document of documents
type Json = { [member: string]: any }
type Sent = { status: number; type: string | undefined; body: string }

const document = openApiDocument() as Json
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
const compiled = new Map<string, ValidateFunction | undefined>()

/** The document's operation of a route of API Gateway. */
const operationOf = (route: string): Json | undefined => {
  const [method = '', path = ''] = route.replace('+}', '}').split(' ')
  return document['paths'][path]?.[method.toLowerCase()]
}

/** A closed schema. Clients ignore unknown members; here each must be in the document. */
const closed = (of: unknown): unknown => {
  if (Array.isArray(of)) return of.map(closed)
  if (typeof of !== 'object' || of === null) return of
  const more = 'properties' in of && !('additionalProperties' in of) ? { additionalProperties: false } : {}
  return { ...Object.fromEntries(Object.entries(of).map(([name, each]) => [name, closed(each)])), ...more }
}
const components = closed(document['components'])

function validatorOf(key: string, schema: unknown): ValidateFunction | undefined {
  if (!compiled.has(key))
    compiled.set(key, schema === undefined ? undefined : ajv.compile({ ...(closed(schema) as Json), components }))
  return compiled.get(key)
}

const errorsOf = (key: string, schema: unknown, value: unknown): string[] => {
  const validate = validatorOf(key, schema)
  if (!validate || validate(value)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${key}: ${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}

/** The differences between an answer and the document. */
export function undocumented(route: string, { status, type = '', body }: Sent): string[] {
  const operation = operationOf(route)
  if (!operation) return [`${route} is not in the document`]
  const { responses } = operation as { responses: { [status: string]: Json } }
  const found = responses[status] ?? responses[`${String(status)[0]}XX`]
  if (!found) return [`${route} has no ${status}: ${body}`]
  const ref = found['$ref'] as string | undefined
  const { content } = (ref ? document['components'].responses[ref.split('/').at(-1) as string] : found) as Json
  if (!content) return body === '' ? [] : [`${route} ${status} has a body: ${body}`]
  const media = content[type.split(';')[0] as string]
  if (!media) return [`${route} ${status} is ${type}, and not ${Object.keys(content).join(' or ')}: ${body}`]
  if (!type.includes('json') || type.includes('ndjson')) return []
  return errorsOf(`${ref ?? `${route} ${status}`}`, media.schema, JSON.parse(body))
}

/** The differences between an accepted body and the document. */
export function undocumentedBody(route: string, body: unknown): string[] {
  const media = operationOf(route)?.['requestBody']?.content['application/json']
  return media ? errorsOf(`${route}, its body`, media.schema, body) : []
}

export function exampleOf(operationId: string): Json {
  const all = Object.values<Json>(document['paths']).flatMap((path) => Object.values<Json>(path))
  const { requestBody } = all.find((each) => each['operationId'] === operationId) as Json
  return Object.values<Json>(requestBody.content)[0]?.['example']
}
