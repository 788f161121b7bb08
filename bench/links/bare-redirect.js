// What following links is compared with: Fastify that leads on to one page, and nothing else. Started by ../links.ts as a
// process of its own, as the service is.
import Fastify from 'fastify';

const app = Fastify();
app.get('/l/:token', (_request, reply) => reply.redirect('https://shop.example.com/cart?id=1', 302));
await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
