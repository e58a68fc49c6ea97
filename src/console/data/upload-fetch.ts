/** A `fetch` that reports how much of a body it has sent, which the browser's own cannot. */
import { Trainyard } from 'trainyard';
import { noteAnswer, serviceFetch, serviceUrl } from './service.js';

export type OnSent = (sentBytes: number, totalBytes: number) => void;

/** Returns a client whose uploads report their progress. Other calls go through the console's `fetch`. */
export const uploadClient = (onSent: OnSent): Trainyard =>
  new Trainyard({
    url: serviceUrl(''),
    retries: 2,
    fetch: (input, init) =>
      init?.body instanceof Blob || init?.body instanceof FormData
        ? upload(String(input), { ...init, body: init.body }, onSent)
        : serviceFetch(input, init),
  });

function upload(url: string, init: RequestInit & { body: Blob | FormData }, onSent: OnSent): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => {
      request.abort();
      reject(init.signal?.reason);
    };
    request.open(init.method ?? 'PUT', url);
    request.responseType = 'text';
    for (const [name, value] of new Headers(init.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onSent(loaded, total);
    request.onload = () => {
      const response = responseOf(request);
      noteAnswer(response);
      resolve(response);
    };
    request.onerror = () => reject(new TypeError('the connection was lost during the upload'));
    request.onloadend = () => init.signal?.removeEventListener('abort', abort);
    if (init.signal?.aborted) return abort();
    init.signal?.addEventListener('abort', abort);
    request.send(init.body);
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split('\r\n');
  const headers = new Headers(
    lines.filter(Boolean).map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  return new Response(request.responseText, { status: request.status, headers });
}
