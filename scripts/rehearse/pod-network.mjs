/**
 * The network of a Pod, loaded into each of its processes before the program: an address of its own, names that
 * resolve only when they are a Service's and fully qualified, and a localhost that is nobody else's. It changes Node's own
 * functions, and the one native listener there is, because a machine without containers has one network for all.
 */
import dns from 'node:dns';
import Module, { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** `address` is what others reach, `loopback` what they must not; `routes` lead from `address:port` of a Service to where it really is. */
const { address, loopback, names, routes } = JSON.parse(process.env.REHEARSAL_NETWORK ?? '');

const ANYBODY = [undefined, null, '', '0.0.0.0', '::'];
const ITSELF = ['localhost', '127.0.0.1', '::1'];

/** An IP address, or undefined for what a cluster's name server would not know. */
function resolve(name) {
  if (name === 'localhost') return '127.0.0.1';
  return net.isIP(name) === 0 ? names[name.replace(/\.$/, '')] : name;
}

function unknown(name) {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: name,
  });
}

dns.lookup = (name, options, callback = options) => {
  const found = resolve(name);
  const all = typeof options === 'object' && options?.all === true;
  process.nextTick(() => {
    if (found === undefined) callback(unknown(name));
    else if (all) callback(null, [{ address: found, family: 4 }]);
    else callback(null, found, 4);
  });
};
dns.promises.lookup = async (name, options) => {
  const found = resolve(name);
  if (found === undefined) throw unknown(name);
  return options?.all === true ? [{ address: found, family: 4 }] : { address: found, family: 4 };
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  // `net.connect` hands over what it has put in order already: [options, callback].
  const [first, second, ...rest] = Array.isArray(given[0]) ? given[0] : given;
  const isObject = typeof first === 'object';
  if (isObject && first.path !== undefined) return connect.apply(this, given);
  const options = isObject ? first : { port: first, host: typeof second === 'string' ? second : undefined };
  const callback = [second, ...rest].find((value) => typeof value === 'function');
  const { host = 'localhost', port } = options;
  const [routedHost, routedPort] = routes[`${resolve(host)}:${port}`]?.split(':') ?? [];
  // What listens for anybody listens on the Pod's address, also for itself.
  const reached = routedHost ?? (ITSELF.includes(host) ? address : host);
  return connect.call(this, { ...options, host: reached, port: routedPort ?? port }, callback);
};

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'object' && first !== null && 'port' in first)
    return listen.call(this, { ...first, host: own(first.host) }, ...rest);
  if (typeof first === 'object' || Number.isNaN(Number(first ?? 0))) return listen.call(this, first, ...rest);
  const [host, ...others] = typeof rest[0] === 'string' ? rest : [undefined, ...rest];
  return listen.call(this, first, own(host), ...others);
};

/** uWebSockets.js listens by itself. */
const loadBinary = Module._extensions['.node'];
Module._extensions['.node'] = (module, filename) => {
  loadBinary(module, filename);
  const { App } = module.exports;
  if (typeof App !== 'function' || !('us_listen_socket_close' in module.exports)) return;
  const open = (...options) => {
    const app = App(...options);
    const listenNatively = app.listen;
    app.listen = (host, ...more) => listenNatively.call(app, own(host), ...more);
    return app;
  };
  module.exports = { ...module.exports, App: open };
};

function own(host) {
  if (ANYBODY.includes(host)) return address;
  return ITSELF.includes(host) ? loopback : host;
}

syncBuiltinESMExports();
