import LinuxIO
import SystemPackage
import TestSupport

/// Hosts that share no code with us: engines that Python makes through the C API itself, each in a process of its own.
struct HostClient {
  let version: String
  private let directory: TemporaryDirectory

  init(_ version: String) throws {
    self.version = version
    directory = try TemporaryDirectory()
  }

  /// A host, by the settings of its engine, and what it is given.
  struct Question {
    /// As ``EngineConfiguration`` writes them: `fuel=true`.
    let settings: [String]
    let bytes: [UInt8]
    var isArtifact = true
  }

  /// What the host's engine says of an artifact: `loaded`, its refusal, or `aborted`.
  func answers(_ questions: [Question]) throws -> [String] {
    var lines = ""
    for (number, question) in questions.enumerated() {
      let file = try directory.write(question.bytes, to: "in-\(number)")
      let fields = [question.isArtifact ? "load" : "make", file.string, directory("out-\(number)").string]
      lines += (fields + question.settings).joined(separator: "\t") + "\n"
    }
    let list = try directory.write(lines, to: "questions")
    let script = try directory.write(Self.script, to: "host.py")
    let output = try Tool.shell(
      "exec python3 -B \"$@\"", [script.string, try EngineUnderTest.library(version).string, list.string])
    return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// What engines with these settings serialize of a module, or why they do not.
  func artifacts(of module: [UInt8], _ settings: [[String]]) throws -> [Result<[UInt8], Refusal>] {
    let answers = try answers(settings.map { Question(settings: $0, bytes: module, isArtifact: false) })
    return try answers.enumerated().map { number, answer in
      answer == "made"
        ? .success(try [UInt8](contentsOf: directory("out-\(number)"))) : .failure(Refusal(words: answer))
    }
  }

  struct Refusal: Error {
    let words: String
  }

  private static let script = #"""
    import ctypes, os, sys

    lib = ctypes.CDLL(sys.argv[1])
    class Bytes(ctypes.Structure): _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.POINTER(ctypes.c_uint8))]

    # The first of these ways counts of which the library has all functions.
    def toggle(name, inverse=False): return ([name], ctypes.c_bool, {"true": not inverse, "false": inverse})
    def number(*names): return (list(names), ctypes.c_uint64, None)
    special = {
        "fuel": [toggle("consume_fuel_set")],
        "memory-may-move": [toggle("memory_may_move_set"), toggle("static_memory_forced_set", True)],
        "memory-reservation": [number("memory_reservation_set"), number("static_memory_maximum_size_set")],
        "memory-reservation-for-growth": [
            number("memory_reservation_for_growth_set"), number("dynamic_memory_reserved_for_growth_set")],
        "memory-guard-size": [
            number("memory_guard_size_set"),
            number("dynamic_memory_guard_size_set", "static_memory_guard_size_set")],
        "nan-canonicalization": [toggle("cranelift_nan_canonicalization_set")],
        "regalloc-algorithm": [
            (["cranelift_regalloc_algorithm_set"], ctypes.c_uint8, {"backtracking": 0, "single-pass": 1})],
        "opt-level": [(["cranelift_opt_level_set"], ctypes.c_uint8, {"0": 0, "1": 1, "2": 1, "s": 2})],
        "compiler": [(["strategy_set"], ctypes.c_uint8, {"cranelift": 1, "winch": 2})],
    }

    def function(name): return getattr(lib, "wasmtime_config_" + name, None)

    def apply(config, name, value):
        if name == "backtrace-details": return True
        plain = name.replace("-", "_") + "_set"
        for functions, kind, values in special.get(name, [toggle(plain), toggle("wasm_" + plain)]):
            if not all(function(one) for one in functions): continue
            for one in functions: function(one)(config, kind(values[value] if values else int(value)))
            return True
        return False

    def message(error):
        text = Bytes()
        lib.wasmtime_error_message(ctypes.c_void_p(error), ctypes.byref(text))
        return ": ".join(bytes(text.data[:text.size]).decode().split("\n"))

    def call(name, *arguments):
        run = getattr(lib, name)
        run.restype = ctypes.c_void_p
        return run(*arguments)

    def answer(verb, path, output, *settings):
        # The library looks at it when the configuration is made.
        os.environ["WASMTIME_BACKTRACE_DETAILS"] = "1" if "backtrace-details=true" in settings else "0"
        config, module, artifact = ctypes.c_void_p(call("wasm_config_new")), ctypes.c_void_p(), Bytes()
        for setting in settings:
            if not apply(config, *setting.split("=", 1)): return "there is no function for " + setting
        engine = ctypes.c_void_p(call("wasm_engine_new_with_config", config))
        data = open(path, "rb").read()
        do = "wasmtime_module_deserialize" if verb == "load" else "wasmtime_module_new"
        error = call(do, engine, data, ctypes.c_size_t(len(data)), ctypes.byref(module))
        if error: return message(error)
        if verb == "load": return "loaded"
        error = call("wasmtime_module_serialize", module, ctypes.byref(artifact))
        if error: return message(error)
        open(output, "wb").write(ctypes.string_at(artifact.data, artifact.size))
        return "made"

    # An engine that cannot be made ends its process.
    for line in open(sys.argv[2]):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
            os.write(writer, answer(*line.rstrip("\n").split("\t")).encode())
            os._exit(0)
        os.close(writer)
        words = b""
        while part := os.read(reader, 65536): words += part
        os.close(reader)
        _, status = os.waitpid(child, 0)
        print(words.decode() if status == 0 else "aborted", flush=True)

    """#
}
