import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

type Schema = { [member: string]: unknown }
const file = join(import.meta.dirname, 'ocsf/ocsf-1.8.0.json')
const { classes, $defs } = JSON.parse(readFileSync(file, 'utf8')) as {
  classes: { [name: string]: Schema }
  $defs: Schema
}

const nameOfClass: { readonly [uid: number]: string } = {
  0: 'base_event',
  3003: 'authorize_session',
  3004: 'entity_management',
  3005: 'user_access',
  6003: 'api_activity',
}

const validators = new Map<string, ValidateFunction>()

/** The errors of an event by the published schema of its class. */
export function wrongBy(event: Schema): readonly string[] {
  const name = nameOfClass[event['class_uid'] as number]
  const schema = name === undefined ? undefined : classes[name]
  if (name === undefined || !schema) return [`no class has the uid ${event['class_uid']}`]
  let validate = validators.get(name)
  if (!validate) {
    // Strict mode judges how schemas are written, and these are not ours.
    validate = new Ajv2020({ strict: false, allErrors: true }).compile({ ...schema, $defs })
    validators.set(name, validate)
  }
  validate(event)
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}
