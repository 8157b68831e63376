/** Which MCP servers are tested under which clients, all as they come from npm and PyPI. */
export const servers = {
  filesystem: { package: '@modelcontextprotocol/server-filesystem', list: 'package.json' },
  git: { package: 'mcp-server-git', list: 'requirements.txt' },
  sqlite: { package: 'mcp-server-sqlite', list: 'requirements-mcp1.txt' },
  everything: { package: '@modelcontextprotocol/server-everything', list: 'package.json' },
  awsApi: { package: 'awslabs.aws-api-mcp-server', list: 'requirements-mcp1.txt' },
} as const

export const hosts = {
  official: { package: '@modelcontextprotocol/client', list: 'package.json' },
  first: { package: '@modelcontextprotocol/sdk', list: 'package.json' },
  aiSdk: { package: '@ai-sdk/mcp', list: 'package.json' },
  langchain: { package: '@langchain/mcp-adapters', list: 'package.json' },
  python: { package: 'mcp', list: 'requirements.txt' },
  fastmcp: { package: 'fastmcp', list: 'requirements-mcp1.txt' },
} as const

export const pairs = [
  ['filesystem', 'official'],
  ['filesystem', 'first'],
  ['filesystem', 'aiSdk'],
  ['filesystem', 'langchain'],
  ['filesystem', 'python'],
  ['filesystem', 'fastmcp'],
  ['git', 'official'],
  ['git', 'python'],
  ['sqlite', 'first'],
  ['sqlite', 'fastmcp'],
  ['everything', 'aiSdk'],
  ['everything', 'langchain'],
  ['everything', 'python'],
  ['awsApi', 'official'],
  ['awsApi', 'fastmcp'],
] as const satisfies readonly (readonly [keyof typeof servers, keyof typeof hosts])[]
