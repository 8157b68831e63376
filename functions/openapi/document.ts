// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import * as authzen from '../adapters/http/authzen.ts'
import * as bodiesOfAgents from '../adapters/http/bodies/agents.ts'
import * as bodiesOfOpenings from '../adapters/http/bodies/openings.ts'
import * as bodiesOfPeople from '../adapters/http/bodies/people.ts'
import * as bodiesOfTools from '../adapters/http/bodies/tools.ts'
import { problemCodes, problemType } from '../adapters/http/problem.ts'
import * as agentAnswers from '../domain/cards/wire/agent.ts'
import * as mapAnswers from '../domain/cards/wire/agent-map.ts'
import * as ledgerAnswers from '../domain/cards/wire/ledger.ts'
import * as openingAnswers from '../domain/cards/wire/opening.ts'
import * as peopleAnswers from '../domain/cards/wire/people.ts'
import * as problems from '../domain/cards/wire/problem.ts'
import * as registryAnswers from '../domain/cards/wire/registry.ts'
import * as requestAnswers from '../domain/cards/wire/request.ts'
import * as streamAnswers from '../domain/cards/wire/stream.ts'
import * as taskAnswers from '../domain/cards/wire/task.ts'
import * as words from '../domain/cards/wire/word.ts'
import { readShape } from '../domain/record/ask-terms.ts'
import * as evaluationBody from '../domain/requests/evaluation-body.ts'
import { agents, targets } from './agents.ts'
import { incoming, metadata } from './metadata.ts'
import { openings } from './openings.ts'
import { type Answer, type Operation, type Routes, securitySchemes } from './operation.ts'
import { pages } from './pages.ts'
import { people } from './people.ts'
import { tools } from './tools.ts'

const rooms: { readonly [tag: string]: { routes: Routes; of: string } } = {
  agents: { routes: agents, of: 'Calls of agents, and of clients of the authorization server.' },
  targets: { routes: targets, of: 'Credentials and calls of targets, for a grant.' },
  tools: { routes: tools, of: 'Calls of tools.' },
  people: { routes: people, of: 'Calls of people, from a terminal or a program.' },
  'break-glass': { routes: openings, of: 'Openings without an approval.' },
  pages: { routes: pages, of: 'Pages for people in a browser.' },
  metadata: { routes: metadata, of: 'Documents for anyone.' },
  incoming: { routes: incoming, of: 'Signed messages of other systems.' },
}

/** The operation of each route, in the form of API Gateway. */
export const operations: Routes = Object.assign({}, ...Object.values(rooms).map(({ routes }) => routes))

type Json = { [member: string]: unknown }
const place = (id: string) => `#/components/schemas/${id}`

/** The schemas of the document: exported ones are named, the others are inlined. */
class Schemas {
  readonly #registry = z.registry<{ id: string }>()
  #inline = 0

  constructor() {
    const modules = [
      ...[authzen, evaluationBody, bodiesOfAgents, bodiesOfOpenings, bodiesOfPeople, bodiesOfTools],
      ...[
        agentAnswers,
        mapAnswers,
        ledgerAnswers,
        openingAnswers,
        peopleAnswers,
        registryAnswers,
        requestAnswers,
        streamAnswers,
      ],
      ...[taskAnswers, problems, words],
    ]
    for (const [id, schema] of modules.flatMap((exports) => Object.entries<unknown>(exports)))
      if (schema instanceof z.ZodType && /^[A-Z]/.test(id)) this.#registry.add(schema, { id })
  }

  of(schema: z.ZodType): Json {
    if (!this.#registry.has(schema)) this.#registry.add(schema, { id: `inline${++this.#inline}` })
    return { $ref: place(this.#registry.get(schema)?.id ?? '') }
  }

  /**
   * The JSON Schemas by name, as calls have them. Without `additionalProperties`, since every answer allows extensions.
   */
  made(): { [id: string]: Json } {
    const { schemas } = z.toJSONSchema(this.#registry, {
      ...{ io: 'input', unrepresentable: 'any', uri: place },
      override: ({ jsonSchema, zodSchema }) => {
        const { additionalProperties: more } = jsonSchema
        if (typeof more === 'object' && Object.keys(more).length === 0 && jsonSchema.properties)
          delete jsonSchema.additionalProperties
        // The format implies the pattern.
        if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
        if (zodSchema._zod.def.type === 'undefined') jsonSchema.not = {}
      },
    })
    return Object.fromEntries(
      Object.entries(schemas).map(([id, { $schema: _, $id: _1, ...schema }]) => [id, schema as Json]),
    )
  }
}

/** The document without `servers`, which each deployment adds. */
export function openApiDocument(): Json {
  const schemas = new Schemas()
  const paths: { [path: string]: Json } = {}
  for (const [tag, { routes }] of Object.entries(rooms))
    for (const [route, operation] of Object.entries(routes)) {
      const [method = '', path = ''] = route.split(' ')
      paths[path] = { ...paths[path], [method.toLowerCase()]: described(path, tag, operation, schemas) }
    }
  const shared = {
    responses: {
      Problem: {
        description: 'A refusal or a fault.',
        content: content('application/problem+json', problems.Problem, schemas),
      },
      OAuthError: {
        description: 'A refusal or a fault.',
        content: content('application/json', problems.OAuthError, schemas),
      },
      EventError: { description: 'A refusal.', content: content('application/json', EventError, schemas) },
      Page: { description: 'A page that describes the problem.', content: text('text/html') },
    },
    requestTerms: schemas.of(z.object(readShape('people'))),
  }
  const made = schemas.made()
  const { Request, Problem, TaskAnswer } = made
  const terms = inlined(shared.requestTerms, made)
  if (Request) Request['properties'] = { ...(terms['properties'] as Json), ...(Request['properties'] as Json) }
  const { task } = (TaskAnswer?.['properties'] ?? {}) as { task?: { properties: Json } }
  if (task) task.properties['display'] = { type: 'object', additionalProperties: { $ref: place('TaskMembers') } }
  if (Problem) Problem['properties'] = { ...(Problem['properties'] as Json), type: typeOfProblem }
  const document = inlined(
    {
      openapi: '3.1.0',
      info: {
        title: 'Hotwork',
        version: '1',
        description:
          'The permit desk for AI agents: one exact action, approved by people, and a credential that lives for minutes.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: Object.entries(rooms).map(([name, { of }]) => ({ name, description: of })),
      paths,
      components: { securitySchemes, responses: shared.responses },
    },
    made,
  )
  return { ...document, components: { ...(document['components'] as Json), schemas: used(document, made) } }
}

/** RFC 8935 section 2.4. */
const EventError = z.looseObject({ err: z.string(), description: z.string() })

/** The form of a problem's type, which ends in a code. */
const typeOfProblem = {
  type: 'string',
  format: 'uri-reference',
  pattern: `^(?:${[...new Set(problemCodes.map((code) => problemType('', code).replace(code, '')))].map((each) => (each.startsWith('urn') ? each : `.*${each}`)).join('|')})(?:${problemCodes.join('|')})$`,
}

const text = (type: string): Json => ({ [type]: { schema: { type: 'string' } } })
const content = (type: string, schema: z.ZodType, schemas: Schemas): Json => ({
  [type]: { schema: schemas.of(schema) },
})

function described(path: string, tag: string, operation: Operation, schemas: Schemas): Json {
  const {
    id,
    does,
    by,
    where = {},
    query = {},
    key,
    takes,
    as = 'application/json',
    gives,
    refuses,
    example,
  } = operation
  const parameter = (name: string, place: 'path' | 'query', schema: z.ZodType): Json => ({
    name,
    in: place,
    required: place === 'path' || !schema.safeParse(undefined).success,
    schema: schemas.of(schema),
  })
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
      parameter(name, 'path', (where[name] ?? z.string()) as z.ZodType),
    ),
    ...Object.entries(query).map(([name, schema]) => parameter(name, 'query', schema as z.ZodType)),
    ...(key === undefined
      ? []
      : [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: key === 'required',
            schema: { type: 'string', maxLength: 255 },
          },
        ]),
  ]
  const refusal = { $ref: `#/components/responses/${refuses === undefined ? 'Problem' : refusals[refuses]}` }
  return {
    operationId: id,
    summary: does,
    tags: [tag],
    security: by,
    ...(parameters.length > 0 && { parameters }),
    ...(takes && {
      requestBody: {
        required: !takes.safeParse(undefined).success,
        content: { [as]: { schema: schemas.of(takes), ...(example && { example }) } },
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(gives).map(([status, answer]) => [status, answered(answer, schemas)])),
      '4XX': refusal,
      '5XX': refusal,
    },
  }
}

const refusals = { oauth: 'OAuthError', page: 'Page', event: 'EventError' } as const

function answered(answer: Answer, schemas: Schemas): Json {
  if (answer === 'empty') return { description: 'Done.' }
  if (answer === 'page') return { description: 'A page.', content: text('text/html') }
  if (answer === 'moved') return { description: 'Another page.', headers: { Location: { schema: { type: 'string' } } } }
  if (answer instanceof z.ZodType)
    return { description: 'The answer.', content: content('application/json', answer, schemas) }
  return {
    description: 'The answer.',
    content: answer.schema ? content(answer.type, answer.schema, schemas) : text(answer.type),
  }
}

/** Inlines each schema without a name. */
function inlined(value: Json, made: { [id: string]: Json }): Json {
  const inline = (of: unknown): unknown => {
    if (Array.isArray(of)) return of.map(inline)
    if (typeof of !== 'object' || of === null) return of
    const named = '$ref' in of ? String(of.$ref).replace(place(''), '') : ''
    if (named.startsWith('inline')) return inline(made[named])
    // A reference into the one recursive schema, that of any JSON.
    if (named.startsWith('__shared')) return {}
    return Object.fromEntries(Object.entries(of).map(([member, each]) => [member, inline(each)]))
  }
  return inline(value) as Json
}

/** The named schemas that the document refers to. */
function used(document: Json, made: { [id: string]: Json }): Json {
  const found: { [id: string]: Json } = {}
  const follow = (of: Json): void => {
    for (const [, id = ''] of JSON.stringify(of).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      const schema = made[id]
      if (found[id] || !schema) continue
      found[id] = inlined(schema, made)
      follow(found[id])
    }
  }
  follow(document)
  return Object.fromEntries(Object.entries(found).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
