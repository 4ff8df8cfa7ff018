import * as v from "valibot";
import type { Cors } from "../../lambda/http/cors.ts";
import { texts } from "./integrations.ts";
import { boolean, number } from "./read.ts";

/** Written alike at an HTTP API and at a function URL. */
export const corsSchema = v.object({
  AllowOrigins: texts,
  AllowMethods: texts,
  AllowHeaders: texts,
  ExposeHeaders: texts,
  AllowCredentials: v.optional(boolean, false),
  MaxAge: v.optional(number),
});

export function readCors(cors: v.InferOutput<typeof corsSchema>): Cors {
  return {
    origins: cors.AllowOrigins,
    methods: cors.AllowMethods,
    headers: cors.AllowHeaders,
    exposed: cors.ExposeHeaders,
    credentials: cors.AllowCredentials,
    maxAge: cors.MaxAge,
  };
}
