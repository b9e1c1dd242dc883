import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { deliver } from "../../src/emulator/delivery.ts";
import { type Delivery, json } from "../../src/emulator/reply.ts";

const TIMES = { clock: systemClock, holdMs: 1 };

/** Sends two requests at once over one connection. */
async function sendTwo(serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<unknown> {
  const server = createServer(serve).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1", () => {
    socket.write("GET /first HTTP/1.1\r\nhost: a\r\n\r\nGET /second HTTP/1.1\r\nhost: a\r\n\r\n");
  });
  socket.on("error", () => {});
  return once(socket, "close");
}

test.each<Delivery>(["reset", "hang"])(
  "%s ends the connection, though the reply before is not finished",
  async (delivery) => {
    const closed = sendTwo((request, response) => {
      if (request.url === "/second") void deliver({ ...json({}), delivery }, response, TIMES);
    });
    await expect(closed).resolves.toHaveLength(1);
  },
);
