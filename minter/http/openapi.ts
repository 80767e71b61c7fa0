import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { problemShape } from './problem.ts'
import { shapes } from './shapes.ts'
import { SESSION_COOKIE } from './visit.ts'

const componentUri = (id: string): string => `#/components/schemas/${id}`

/** The API described by the very shapes that guard it, as OpenAPI 3.1. */
export function openApi(endpoints: readonly Endpoint[], version: string, publicUrl: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'latentmint',
      version,
      description:
        'Drops, pieces and their provenance, eligibility, and unsigned mint transactions. ' +
        'Failures are problem documents (RFC 9457) whose code is stable.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: `${publicUrl}/api/v1` }],
    paths: Object.fromEntries(byPath(endpoints).map(describePath)),
    components: {
      schemas: {
        ...z.toJSONSchema(shapes, { uri: componentUri, target: 'draft-2020-12' }).schemas,
        Problem: inline(problemShape),
      },
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE } },
    },
  }
}

function byPath(endpoints: readonly Endpoint[]): readonly (readonly [string, readonly Endpoint[]])[] {
  const paths = [...new Set(endpoints.map(openPath))]
  return paths.map((path) => [path, endpoints.filter((endpoint) => openPath(endpoint) === path)])
}

function describePath([path, endpoints]: readonly [string, readonly Endpoint[]]): [string, object] {
  return [path, Object.fromEntries(endpoints.map((endpoint) => [endpoint.method, describe(endpoint)]))]
}

function describe({ method, summary, params, query, body, answer, guarded }: Endpoint): object {
  return {
    summary,
    ...(guarded && { security: [{ session: [] }] }),
    parameters: [...parameters(params, 'path'), ...parameters(query, 'query')],
    ...(method === 'post' && {
      requestBody: { required: true, content: { 'application/json': { schema: inline(body) } } },
    }),
    responses: {
      200: { description: 'OK', content: { 'application/json': { schema: reference(answer) } } },
      default: {
        description: 'A problem document',
        content: { 'application/problem+json': { schema: { $ref: componentUri('Problem') } } },
      },
    },
  }
}

function parameters(shape: z.ZodObject, where: 'path' | 'query'): readonly object[] {
  return Object.entries(shape.shape).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || !z.safeParse(schema, undefined).success,
    schema: inline(schema),
  }))
}

function reference(shape: z.ZodType): object {
  const id = shapes.get(shape)?.id
  return id === undefined ? inline(shape) : { $ref: componentUri(id) }
}

function inline(shape: z.core.$ZodType): object {
  const { $schema: _, ...schema } = z.toJSONSchema(shape)
  return schema
}

/** Express writes `:drop`, OpenAPI `{drop}`. */
function openPath({ path }: Endpoint): string {
  return path.replaceAll(/:(\w+)/gu, '{$1}')
}
