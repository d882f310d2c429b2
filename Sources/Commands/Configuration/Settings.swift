internal import Precompiler
internal import WasmEngine

/// Everything that can be set in the environment and in files.
///
/// A new one needs its line here and in ``all``, and a line in its option group's `fill(from:)`.
enum Settings {
  static let backend = Setting<Backend>("backend", .list, unset: .value(CompilerOptions.standardBackend))
  static let optLevel = Setting<OptimizationLevel>(
    "opt-level", .text, unset: .value(CompilerOptions.standardOptimization))
  static let cpu = Setting<CPUTarget>("cpu", .text, unset: .value(CompilerOptions.standardCPU))
  static let engine = Setting<PathArgument>(
    "engine", .path, "a path", unset: .described("the copy installed with wasmprecompile, then the system's"),
    isForUsersOnly: true)
  // A cache that comes along with a project is full of code that somebody else compiled.
  static let cacheDir = Setting<PathArgument>(
    "cache-dir", .path, "a path", unset: .described("wasmprecompile in $XDG_CACHE_HOME or ~/.cache"),
    isForUsersOnly: true)
  static let trustCache = Setting<Bool>("trust-cache", .toggle, unset: .value(false), isForUsersOnly: true)
  static let maxSize = Setting<ByteCount>(
    "max-size", .text, ByteCount.form, unset: .described("the cache may grow"), isForUsersOnly: true)
  static let exclude = Setting<GlobArgument>("exclude", .list, "patterns", unset: .values([]))
  static let followLinks = Setting<Bool>("follow-links", .toggle, unset: .value(false))
  static let jobs = Setting<Int>(
    "jobs", .number, "a number from 1 to \(ExecutionOptions.mostJobs)",
    unset: .described("the processors this process may use")
  ) { ExecutionOptions.isValid(jobs: $0) }
  static let rehash = Setting<Bool>("rehash", .toggle, unset: .value(false))
  static let timeout = Setting<Seconds>(
    "timeout", .number, "a number of seconds above 0", unset: .value(LimitOptions.standardTimeout), grant: { $0.value })
  static let maxModule = Setting<ByteCount>(
    "max-module", .text, ByteCount.form, unset: .value(LimitOptions.standardModule), grant: { Double($0.bytes) })
  static let maxArtifact = Setting<ByteCount>(
    "max-artifact", .text, ByteCount.form, unset: .value(LimitOptions.standardArtifact), grant: { Double($0.bytes) })
  static let maxMemory = Setting<ByteCount>(
    "max-memory", .text, ByteCount.form, unset: .value(SandboxOptions.standardMemory), grant: { Double($0.bytes) })
  static let requireSandbox = Setting<Bool>(
    "require-sandbox", .toggle, unset: .value(false), isForUsersOnly: true)
  static let exec = Setting<String>(
    "exec", .text, "a shell command", unset: .described("no command"), isForUsersOnly: true)
  static let debounce = Setting<Milliseconds>(
    "debounce", .number, "a number of milliseconds from 0 to \(Milliseconds.most)",
    unset: .value(WatchOptions.standardDebounce))
  static let poll = Setting<Bool>("poll", .toggle, unset: .value(false))
  static let clear = Setting<Bool>("clear", .toggle, unset: .value(false))
  static let color = Setting<ColorChoice>("color", .text, unset: .value(ColorOptions.standardColor))

  /// In the order of the help.
  static let all: [any AnySetting] = [
    backend, optLevel, cpu, engine, cacheDir, trustCache, maxSize, exclude, followLinks, jobs, rehash, timeout,
    maxModule, maxArtifact, maxMemory, requireSandbox, exec, debounce, poll, clear, color,
  ]
}
