import { join } from 'node:path'
import type { Node, ObjectLiteralExpression, SourceFile } from 'typescript/unstable/ast'
import { SyntaxKind } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import {
  API,
  type Checker,
  type Symbol as Named,
  type NodeHandle,
  type Project,
  SignatureKind,
  SymbolFlags,
} from 'typescript/unstable/sync'

/** A function, a method or a value of a module, with its contents. */
export type Unit = {
  /** Its file and its name. */
  at: string
  of: Class | undefined
  units: Set<Unit>
  makes: { made: Class; told: readonly string[] }[]
  /** The named members of classes and of ports, by their declarations. */
  members: Set<string>
  /** Commands of AWS's SDK. */
  commands: Set<string>
  onTables: { method: string; field: string; byIndex: boolean }[]
  indexes: Set<string>
  /** The key prefixes of rows in its text. */
  rows: Set<string>
  /** The filters by which it lists requests. */
  filters: object[]
}

export type Class = {
  name: string
  file: string
  bases: Class[]
  /** The variables in its own call of `super`. */
  told: readonly string[]
  members: Map<string, Unit>
  /** Its constructor and its fields. */
  made: Unit
  /** The name of each member of each port that it implements, by the declaration in the port. */
  ports: Map<string, string>
}

/** The class that reads and writes every table: a call of it counts for the caller's table. */
export const tableClass = 'Table'

/** The variable of the table in a store's field. */
export const tableOf = (field: string): string | undefined =>
  /^#?(?:requests|ledger|texts)$/.test(field) ? `${field.replace('#', '').toUpperCase()}_TABLE` : undefined

/** The members of a `RequestFilter`. */
export const filterKeys = new Set([
  'task',
  'resource',
  'agent',
  'owner',
  'status',
  'action',
  'search',
  'since',
  'until',
])

/** The code under `functions/` by TypeScript's checker: the names in each unit, and the classes of each port. */
export class Code {
  readonly units = new Map<string, Unit>()
  readonly classes = new Map<string, Class>()
  /** The variables of an entry's wiring, by the name of its unit. */
  readonly told = new Map<string, readonly string[]>()
  readonly #root: string
  readonly #project: Project
  readonly #checker: Checker
  readonly #nodes = new Map<string, Node | undefined>()
  readonly #bodies: [Node, Unit][] = []
  /** Called members of types, by their declarations: each may be a port. */
  readonly #signatures = new Map<string, Node>()

  constructor(root: string) {
    this.#root = root
    const api = new API({ cwd: root })
    const [project] = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects()
    if (!project) throw new Error('tsconfig.json is no project')
    this.#project = project
    this.#checker = project.checker
    const { program } = project
    const ours = program.getSourceFileNames().filter((name) => name.startsWith(join(root, 'functions/')))
    for (const name of ours) {
      for (const statement of (program.getSourceFile(name) as SourceFile).statements) this.#declare(statement, name)
    }
    for (const [body, unit] of this.#bodies) this.#readBody(body, unit)
    for (const [key, made] of this.classes) this.#readHeritage(key, made)
    this.#readShapes()
    api.close()
  }

  #declare(statement: Node, file: string): void {
    const at = (name: Node | undefined) => `${file.slice(this.#root.length + 1)} ${textOf(name)}`
    if (is.isFunctionDeclaration(statement)) this.#add(statement, at(statement.name))
    else if (is.isVariableStatement(statement))
      for (const each of statement.declarationList.declarations) {
        this.#add(each, at(each.name))
        if (textOf(each.name) === 'wire') this.told.set(at(each.name), this.#membersOfArgument(each.name))
      }
    else if (is.isClassDeclaration(statement)) {
      const name = textOf(statement.name)
      const made: Class = {
        ...{ name, file, bases: [], told: [], members: new Map(), made: newUnit(at(statement.name)), ports: new Map() },
      }
      made.made.of = made
      this.classes.set(keyOf(statement), made)
      for (const member of statement.members) {
        const its = textOf('name' in member ? (member.name as Node) : undefined)
        if (is.isConstructorDeclaration(member) || is.isPropertyDeclaration(member)) {
          this.#bodies.push([member, made.made])
          this.units.set(keyOf(member), made.made)
          if (its !== '') made.members.set(its, made.made)
        } else made.members.set(its, this.#add(member, `${at(statement.name)}.${its}`, made))
      }
    } else this.#add(statement, at(undefined))
  }

  /** Names of the members of a function's argument. */
  #membersOfArgument(name: Node): readonly string[] {
    const typeOf = (symbol: Named | undefined) => symbol && this.#checker.getTypeOfSymbol(symbol)
    const made = typeOf(this.#checker.getSymbolAtLocation(name))
    const [signature] = made ? this.#checker.getSignaturesOfType(made, SignatureKind.Call) : []
    const taken = typeOf(signature?.getParameters()[0])
    return taken ? this.#checker.getPropertiesOfType(taken).map((each) => each.name) : []
  }

  #add(node: Node, at: string, of?: Class): Unit {
    const unit = newUnit(at, of)
    this.units.set(keyOf(node), unit)
    this.#bodies.push([node, unit])
    return unit
  }

  #readBody(body: Node, unit: Unit): void {
    const names: Node[] = []
    const visit = (node: Node): void => {
      if (is.isTypeNode(node) && !is.isExpressionWithTypeArguments(node)) return
      if (is.isIdentifier(node) || is.isPrivateIdentifier(node)) names.push(node)
      if (is.isPropertyAssignment(node) && textOf(node.name) === 'index') readIndex(node.initializer, unit)
      if (is.isObjectLiteralExpression(node)) this.#readFilter(node, unit)
      if (unit.of && is.isCallExpression(node) && node.expression.kind === SyntaxKind.SuperKeyword)
        unit.of.told = toldIn(node.arguments)
      const row = /^[A-Z]+#/.exec(textOf(node))
      if (row) unit.rows.add(row[0])
      node.forEachChild(visit)
    }
    body.forEachChild(visit)
    const symbols = this.#checker.getSymbolAtLocation(names)
    for (const [at, name] of names.entries()) this.#readName(name, symbols[at], unit)
  }

  /** Reads a literal filter of requests. One that only adds a time to another counts at the other. */
  #readFilter(node: ObjectLiteralExpression, unit: Unit): void {
    const names = node.properties.map((each) => textOf('name' in each ? (each.name as Node) : undefined))
    if (names.some((name) => name !== '' && !filterKeys.has(name))) return
    const type = this.#checker.getContextualType(node)
    if (!type || this.#checker.typeToString(type).replace(/ \| undefined$/, '') !== 'RequestFilter') return
    const isAddition = names.includes('') && names.every((name) => ['', 'since', 'until'].includes(name))
    if (isAddition) return
    const status = node.properties.find((each) => is.isPropertyAssignment(each) && textOf(each.name) === 'status')
    const said = status && is.isPropertyAssignment(status) ? textOf(status.initializer) : ''
    const values = { status: said || 'any', since: 4_000_000_000 } as { [name: string]: unknown }
    unit.filters.push(Object.fromEntries(names.map((name) => [name, values[name] ?? `any-${name}`])))
  }

  #readName(name: Node, found: Named | undefined, unit: Unit): void {
    const { parent } = name
    if (is.isBindingElement(parent) && (parent.propertyName ?? parent.name) === name) {
      const type = is.isObjectBindingPattern(parent.parent) && this.#checker.getTypeAtLocation(parent.parent)
      const bound = type ? this.#checker.getPropertyOfType(type, textOf(name)) : undefined
      for (const declared of this.#declarationsOf(bound)) this.#readMember(name, declared, unit)
      return
    }
    const symbol = is.isShorthandPropertyAssignment(parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(parent)
      : found
    const isMember = is.isPropertyAccessExpression(parent) && parent.name === name
    for (const declared of this.#declarationsOf(symbol)) {
      const { fileName } = declared.getSourceFile()
      const [, service] = /\/node_modules\/@aws-sdk\/client-([\w-]+)/.exec(fileName) ?? []
      if (service !== undefined && /Command$|^paginate/.test(textOf(name)))
        unit.commands.add(`${service} ${textOf(name)}`)
      else if (isMember) this.#readMember(name, declared, unit)
      else if (is.isClassDeclaration(declared)) this.#readMade(name, declared, unit)
      else this.#readUnit(declared, unit)
    }
  }

  #readUnit(declared: Node, unit: Unit): void {
    const other = this.units.get(keyOf(declared))
    if (other && other !== unit) unit.units.add(other)
  }

  /** A class that is named and not made with `new` may be made by another. Not so where it is compared with. */
  #readMade(name: Node, declared: Node, unit: Unit): void {
    const made = this.classes.get(keyOf(declared))
    const { parent } = name
    if (!made || is.isBinaryExpression(parent) || is.isPropertyAccessExpression(parent)) return
    const isNew = is.isNewExpression(parent) && parent.expression === name
    unit.makes.push({ made, told: isNew ? toldIn(parent.arguments ?? []) : [] })
  }

  #readMember(name: Node, declared: Node, unit: Unit): void {
    // A module has nothing around it.
    const owner = (declared.parent as Node | undefined) && this.classes.get(keyOf(declared.parent))
    if (owner?.name === tableClass && unit.of?.name !== tableClass) this.#readTableCall(name, unit)
    else if (owner) unit.members.add(keyOf(declared))
    else if (is.isMethodSignatureDeclaration(declared) || is.isPropertySignatureDeclaration(declared)) {
      unit.members.add(keyOf(declared))
      if (declared.getSourceFile().fileName.startsWith(join(this.#root, 'functions/')))
        this.#signatures.set(keyOf(declared), declared.name)
    } else this.#readUnit(declared, unit)
  }

  #readTableCall(name: Node, unit: Unit): void {
    const access = name.parent
    if (!is.isPropertyAccessExpression(access)) throw new Error(`${unit.at}: a table's method is called as one`)
    const { expression, parent: call } = access
    const [query] = is.isCallExpression(call) ? call.arguments : []
    const type = query && this.#checker.getTypeAtLocation(query)
    const byIndex = type !== undefined && this.#checker.getPropertyOfType(type, 'index') !== undefined
    const field = is.isPropertyAccessExpression(expression) ? expression.name : expression
    unit.onTables.push({ method: textOf(name), field: textOf(field), byIndex })
  }

  #readHeritage(key: string, made: Class): void {
    const file = this.#project.program.getSourceFile(made.file)
    const node = file?.statements.find((each) => keyOf(each) === key)
    if (!node || !is.isClassDeclaration(node)) return
    for (const { token, types } of node.heritageClauses ?? []) {
      for (const each of types) {
        const type = this.#checker.getTypeAtLocation(each)
        if (token === SyntaxKind.ExtendsKeyword) {
          const symbol = this.#checker.getSymbolAtLocation(each.expression)
          made.bases.push(...this.#declarationsOf(symbol).flatMap((each) => this.classes.get(keyOf(each)) ?? []))
        }
        for (const property of type ? this.#checker.getPropertiesOfType(type) : [])
          for (const declared of this.#declarationsOf(property)) made.ports.set(keyOf(declared), property.name)
      }
    }
  }

  /** Finds classes that are a port without naming it, by methods of its name and type. */
  #readShapes(): void {
    const typeOf = (name: Node) => {
      const symbol = this.#checker.getSymbolAtLocation(name)
      const type = symbol && this.#checker.getTypeOfSymbol(symbol)
      return type && this.#checker.getNonNullableType(type)
    }
    const methods = new Map<Unit, Node>()
    for (const [body, unit] of this.#bodies)
      if (is.isMethodDeclaration(body) || is.isGetAccessorDeclaration(body)) methods.set(unit, body.name)
    for (const [key, signature] of this.#signatures) {
      const name = textOf(signature)
      for (const made of this.classes.values()) {
        const method = methods.get(made.members.get(name) as Unit)
        if (!method || made.ports.has(key)) continue
        const [has, wanted] = [typeOf(method), typeOf(signature)]
        if (has && wanted && this.#checker.isTypeAssignableTo(has, wanted)) made.ports.set(key, name)
      }
    }
  }

  #declarationsOf(named: Named | undefined): readonly Node[] {
    const symbol = named && named.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(named) : named
    return (symbol?.declarations ?? []).flatMap((handle) => this.#nodeOf(handle) ?? [])
  }

  #nodeOf(handle: NodeHandle): Node | undefined {
    const key = `${handle.path}:${handle.index}`
    if (!this.#nodes.has(key)) this.#nodes.set(key, handle.resolve(this.#project))
    return this.#nodes.get(key)
  }
}

const newUnit = (at: string, of?: Class): Unit => ({
  ...{ at, of, units: new Set(), makes: [], members: new Set(), commands: new Set(), onTables: [] },
  ...{ indexes: new Set(), rows: new Set(), filters: [] },
})

const keyOf = (node: Node): string => `${node.getSourceFile().fileName}:${node.pos}:${node.kind}`
const textOf = (node: Node | undefined): string => (node as { text?: string } | undefined)?.text ?? ''

function readIndex(value: Node, unit: Unit): void {
  if (is.isStringLiteral(value)) unit.indexes.add(value.text)
}

/** The environment variables in arguments, which name a table, queue, key or function. */
function toldIn(args: readonly Node[]): readonly string[] {
  const told = new Set<string>()
  const visit = (node: Node): void => {
    const text = is.isIdentifier(node) || is.isPrivateIdentifier(node) ? textOf(node) : ''
    const variable = tableOf(text) ?? (/^[A-Z]+(?:_[A-Z]+)+$/.test(text) ? text : undefined)
    if (variable !== undefined) told.add(variable)
    node.forEachChild(visit)
  }
  for (const each of args) visit(each)
  return [...told]
}
