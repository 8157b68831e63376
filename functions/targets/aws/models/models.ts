// Rules: test/targets/aws/models/models.test.ts
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isReading } from '../rules/reads.ts'
import { runOperations } from '../rules/runs.ts'
import { mapPlaces, type ReadModel, type ServiceModel, shapesFrom } from './read-model.ts'

/** IAM's prefixes of services whose package of the SDK has another name. */
const packages: { readonly [prefix: string]: string } = {
  'access-analyzer': 'accessanalyzer',
  'application-autoscaling': 'application-auto-scaling',
  autoscaling: 'auto-scaling',
  config: 'config-service',
  elasticfilesystem: 'efs',
  elasticloadbalancing: 'elastic-load-balancing-v2',
  es: 'opensearch',
  events: 'eventbridge',
  logs: 'cloudwatch-logs',
  route53: 'route-53',
  secretsmanager: 'secrets-manager',
  servicequotas: 'service-quotas',
  states: 'sfn',
  tag: 'resource-groups-tagging-api',
}

export const packageOf = (prefix: string): string => `@aws-sdk/client-${packages[prefix] ?? prefix}`
export const prefixOf = (name: string): string =>
  Object.entries(packages).find(([, each]) => `client-${each}` === name)?.[0] ?? name.replace('client-', '')

/** S3's addresses contain the bucket, by rules outside the models. Cloud Control reads buckets. */
const notModelled = ['s3']

/** Beside this file, and in the package beside the program that holds it. */
const modelsFile = join(import.meta.dirname ?? __dirname, 'models.json')
type Models = { readonly [prefix: string]: ServiceModel }
let models: Models | undefined

/** Loaded lazily: most verbs of the policy program do not need this megabyte. */
function modelled(prefix: string): ServiceModel | undefined {
  models ??= JSON.parse(readFileSync(modelsFile, 'utf8')) as Models
  return Object.hasOwn(models, prefix) ? models[prefix] : undefined
}

/**
 * The model of an operation, from the services in Hotwork's package or from an SDK client that the author installed.
 * @param absent the entry's names of errors for a missing resource
 */
export function modelOf(action: string, absent: readonly string[]): ReadModel | undefined {
  const [prefix = '', operation = ''] = action.split(':')
  const model = modelled(prefix) ?? installed(prefix)
  if (!model || ![...model.operations, ...(model.runs ?? [])].includes(operation)) return undefined
  const { operations: _, runs: _1, errors, shapes, ...service } = model
  return {
    ...service,
    operation,
    errors: Object.fromEntries(Object.entries(errors).filter(([, name]) => absent.includes(name))),
    shapes: shapesFrom(shapes, operation),
  }
}

/** Whether a service has a model, and if not, whether installing its client would help. */
export const isKnown = (prefix: string): boolean => (modelled(prefix) ?? installed(prefix)) !== undefined
export const isInstallable = (prefix: string): boolean => !notModelled.includes(prefix)

const found = new Map<string, ServiceModel | undefined>()

function installed(prefix: string): ServiceModel | undefined {
  if (!found.has(prefix))
    found.set(prefix, isInstallable(prefix) ? modelIn(packageOf(prefix), process.cwd()) : undefined)
  return found.get(prefix)
}

const base = (name: string): string => name.replace('@aws-sdk/', '')

type Schema = readonly unknown[]
type Config = {
  serviceId: string
  protocol: { constructor: { name: string } }
  protocolSettings: { readonly [name: string]: unknown }
  endpointProvider(at: object): { url: URL; properties?: { authSchemes?: readonly Scheme[] } }
  httpAuthSchemeProvider(of: object): readonly { signingProperties?: { name?: string } }[]
}
type Scheme = { signingName?: string; signingRegion?: string }
type Sdk = { readonly [name: string]: unknown }

/** One Region of each partition: other endpoints only differ in the Region's name. */
const regions = { aws: 'eu-west-3', 'aws-cn': 'cn-northwest-1', 'aws-us-gov': 'us-gov-west-1' }

/** The model of a service, from its client; undefined if the client is missing from the folder. */
export function modelIn(name: string, folder: string): ServiceModel | undefined {
  let sdk: Sdk
  try {
    sdk = createRequire(join(folder, 'package.json'))(name)
  } catch {
    return undefined
  }
  const Client = Object.entries(sdk).find(([each]) => /^[A-Z]\w*Client$/.test(each))?.[1] as new (
    at: object,
  ) => {
    config: Config
  }
  const { config } = new Client({ region: regions.aws, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } })
  const { defaultNamespace, errorTypeRegistries, jsonCodec, ...settings } = config.protocolSettings
  const [operations, runs] = [
    isReading,
    (each: string) => runOperations.includes(`${prefixOf(base(name))}:${each}`),
  ].map((isWanted) =>
    Object.entries(sdk).flatMap(([each, schema]) =>
      isSchema(schema) && schema[0] === 9 && isWanted(each.replace(/\$$/, '')) ? [schema] : [],
    ),
  ) as [Schema[], Schema[]]
  const namesOf = (all: readonly Schema[]) => all.map(([, , each]) => String(each)).sort()
  return {
    protocol: config.protocol.constructor.name,
    settings,
    service: config.serviceId,
    endpoints: Object.fromEntries(
      Object.entries(regions).map(([partition, region]) => [partition, endpointOf(config, region)]),
    ),
    errors: errorsIn(sdk),
    operations: namesOf(operations),
    ...(runs.length > 0 && { runs: namesOf(runs) }),
    shapes: shapesIn([...operations, ...runs]),
  }
}

function endpointOf({ endpointProvider, httpAuthSchemeProvider }: Config, region: string) {
  const at = { Region: region, region, operation: '', UseFIPS: false, UseDualStack: false }
  const { url, properties } = endpointProvider(at)
  const [scheme] = properties?.authSchemes ?? []
  const [usual] = httpAuthSchemeProvider(at)
  const signs = scheme?.signingName ?? usual?.signingProperties?.name ?? ''
  const other = scheme?.signingRegion === region ? undefined : scheme?.signingRegion
  return { url: String(url).replace(region, '{region}'), signs, ...(other !== undefined && { region: other }) }
}

function errorsIn(sdk: Sdk): { [code: string]: string } {
  const errors: { [code: string]: string } = {}
  for (const schema of Object.values(sdk)) {
    if (!isSchema(schema) || schema[0] !== -3) continue
    const [code] = (Object(schema[3]) as { awsQueryError?: [string, number] }).awsQueryError ?? []
    if (code !== undefined && code !== schema[2]) errors[code] = String(schema[2])
  }
  return errors
}

/** A static schema begins with its kind, its namespace and its name. */
const isSchema = (value: unknown): value is Schema =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string' && typeof value[2] === 'string'

function shapesIn(operations: readonly Schema[]): ServiceModel['shapes'] {
  const shapes: { [name: string]: Schema } = {}
  const place = (value: unknown): unknown => {
    const of = typeof value === 'function' ? (value as () => unknown)() : value
    return isSchema(of) ? { $: add(of) } : of
  }
  const add = ([kind, , of, ...rest]: Schema): string => {
    const name = String(of)
    if (!shapes[name]) {
      shapes[name] = []
      shapes[name] = mapPlaces([kind, ...rest], place)
    }
    return name
  }
  for (const each of operations) add(each)
  return shapes
}
