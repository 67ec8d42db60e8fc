/** Requests that are not JSON-RPC. */
import { http } from "@web/core/http";

export const { get, post } = http;
export const httpService = { start: () => http };
