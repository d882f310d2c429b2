/// Small components, as text: commands of WASI preview 2, and functions.
package enum WasmComponents {
  /// Writes its arguments and then its environment, each followed by a NUL; fails if it has no variable.
  package static let tell = command(
    imports: """
      (import "wasi:cli/environment@0.2.0" (instance $environment
        (export "get-environment" (func (result (list (tuple string string)))))
        (export "get-arguments" (func (result (list string))))))
      (core func $arguments (canon lower (func $environment "get-arguments") (memory $memory) (realloc $realloc)))
      (core func $variables (canon lower (func $environment "get-environment") (memory $memory) (realloc $realloc)))
      """, ["arguments": "(param i32)", "variables": "(param i32)"],
    run: """
      (call $arguments (i32.const 16))
      (call $write-all (i32.load (i32.const 16)) (i32.load (i32.const 20)))
      (call $variables (i32.const 24))
      (call $write-all (i32.load (i32.const 24)) (i32.mul (i32.const 2) (i32.load (i32.const 28))))
      (i32.eqz (i32.load (i32.const 28)))
      """)

  /// Copies its input to its output.
  package static let cat = command(
    imports: """
      (import "wasi:cli/stdin@0.2.0" (instance $stdin
        (alias outer 1 $in (type $in))
        (export "get-stdin" (func (result (own $in))))))
      (core func $get-stdin (canon lower (func $stdin "get-stdin")))
      (core func $read
        (canon lower (func $streams "[method]input-stream.blocking-read") (memory $memory) (realloc $realloc)))
      """, ["get-stdin": "(result i32)", "read": "(param i32 i64 i32)"],
    run: """
      (local $stdin i32)
      (local.set $stdin (call $get-stdin))
      (loop $more
        (call $read (local.get $stdin) (i64.const 4096) (i32.const 16))
        (if (i32.eqz (i32.load8_u (i32.const 16))) (then
          (call $write (i32.load (i32.const 20)) (i32.load (i32.const 24)))
          (br $more))))
      (i32.const 0)
      """)

  /// Writes the names of the directories that it has, and makes the directory `made` in each.
  package static let directories = command(
    imports: """
      (import "wasi:filesystem/types@0.2.0" (instance $types
        (export "descriptor" (type $descriptor (sub resource)))
        (type $names (enum \(errorCodes.map { "\"\($0)\"" }.joined(separator: " "))))
        (export "error-code" (type $code (eq $names)))
        (export "[method]descriptor.create-directory-at"
          (func (param "self" (borrow $descriptor)) (param "path" string) (result (result (error $code)))))))
      (alias export $types "descriptor" (type $descriptor))
      (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
        (alias outer 1 $descriptor (type $descriptor))
        (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))))
      (core func $directories
        (canon lower (func $preopens "get-directories") (memory $memory) (realloc $realloc)))
      (core func $make
        (canon lower (func $types "[method]descriptor.create-directory-at") (memory $memory)))
      """, ["directories": "(param i32)", "make": "(param i32 i32 i32 i32)"],
    run: """
      (local $place i32) (local $count i32)
      (call $directories (i32.const 16))
      (local.set $place (i32.load (i32.const 16)))
      (local.set $count (i32.load (i32.const 20)))
      (if (i32.eqz (local.get $count)) (then (return (i32.const 1))))
      (loop $more
        (call $write-all (i32.add (local.get $place) (i32.const 4)) (i32.const 1))
        (call $make (i32.load (local.get $place)) (i32.const 132) (i32.const 4) (i32.const 32))
        (if (i32.load8_u (i32.const 32)) (then (return (i32.const 1))))
        (local.set $place (i32.add (local.get $place) (i32.const 12)))
        (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
      (i32.const 0)
      """)

  /// Exits in the middle, as having failed or not.
  package static func leaving(failed: Bool) -> String {
    command(
      imports: """
        (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
        (core func $leave (canon lower (func $exit "exit")))
        """, ["leave": "(param i32)"], run: "(call $leave (i32.const \(failed ? 1 : 0))) unreachable")
  }

  /// Returns that it failed.
  package static let failing = command(run: "(i32.const 1)")

  /// Traps two calls deep.
  package static let trapping = """
    (component
      (core module $program
        (func $inner unreachable)
        (func (export "run") (result i32) (call $inner) (i32.const 0)))
      (core instance $main (instantiate $program))
      (func $run (result (result)) (canon lift (core func $main "run")))
      (instance $runs (export "run" (func $run)))
      (export "wasi:cli/run@0.2.6" (instance $runs)))
    """

  /// Functions of every plain type, which return their argument; others; and one in an interface.
  package static let numbers = """
    (component
      (core module $numbers
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "small") (param i32) (result i32) (local.get 0))
        (func (export "large") (param i64) (result i64) (local.get 0))
        (func (export "single") (param f32) (result f32) (local.get 0))
        (func (export "double") (param f64) (result f64) (local.get 0))
        (func (export "second") (param i32 i32) (result i32) (local.get 1))
        (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
        (func (export "nothing")))
      (core instance $i (instantiate $numbers))
      (alias core export $i "memory" (core memory $memory))
      (alias core export $i "realloc" (core func $realloc))
      \(plainTypes.map { type, function in
        "(func (export \"\(type)\") (param \"x\" \(type)) (result \(type)) (canon lift (core func $i \"\(function)\")))"
      }.joined(separator: "\n  "))
      (func (export "nothing") (canon lift (core func $i "nothing")))
      (func (export "length") (param "x" string) (result u32)
        (canon lift (core func $i "second") (memory $memory) (realloc $realloc)))
      (func $divide (param "x" u32) (param "y" u32) (result u32) (canon lift (core func $i "divide")))
      (instance $calculator (export "divide" (func $divide)))
      (export "demo:calculator/divide@1.2.0" (instance $calculator)))
    """

  /// Needs a function that no host gives it.
  package static let needing = """
    (component (import "demo:env/clock" (instance (export "now" (func (result u64))))))
    """

  private static let plainTypes = [
    ("bool", "small"), ("s8", "small"), ("u8", "small"), ("s16", "small"), ("u16", "small"), ("s32", "small"),
    ("u32", "small"), ("s64", "large"), ("u64", "large"), ("f32", "single"), ("f64", "double"),
  ]

  private static let errorCodes = [
    "access", "would-block", "already", "bad-descriptor", "busy", "deadlock", "quota", "exist", "file-too-large",
    "illegal-byte-sequence", "in-progress", "interrupted", "invalid", "io", "is-directory", "loop", "too-many-links",
    "message-size", "name-too-long", "no-device", "no-entry", "no-lock", "insufficient-memory", "insufficient-space",
    "not-directory", "not-empty", "not-recoverable", "unsupported", "no-tty", "no-such-device", "overflow",
    "not-permitted", "pipe", "read-only", "invalid-seek", "text-file-busy", "cross-device",
  ]

  /// A command that can write.
  ///
  /// - Parameters:
  ///   - imports: what it needs besides, and its core functions.
  ///   - functions: those core functions' names and types.
  ///   - run: the body of its core function, whose result is 1 if it failed. The addresses below 128 are its own; a NUL is
  ///     at 128, and `made` at 132.
  private static func command(
    imports: String = "", _ functions: KeyValuePairs<String, String> = [:], run: String
  ) -> String {
    """
    (component
      (import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
      (alias export $errors "error" (type $error))
      (import "wasi:io/streams@0.2.0" (instance $streams
        (export "output-stream" (type $out (sub resource)))
        (export "input-stream" (type $in (sub resource)))
        (alias outer 1 $error (type $e))
        (type $cases (variant (case "last-operation-failed" (own $e)) (case "closed")))
        (export "stream-error" (type $failure (eq $cases)))
        (export "[method]output-stream.blocking-write-and-flush"
          (func (param "self" (borrow $out)) (param "contents" (list u8)) (result (result (error $failure)))))
        (export "[method]input-stream.blocking-read"
          (func (param "self" (borrow $in)) (param "len" u64) (result (result (list u8) (error $failure)))))))
      (alias export $streams "output-stream" (type $out))
      (alias export $streams "input-stream" (type $in))
      (import "wasi:cli/stdout@0.2.0" (instance $stdout
        (alias outer 1 $out (type $out))
        (export "get-stdout" (func (result (own $out))))))
      (core module $libc
        (memory (export "memory") 16)
        (global $next (mut i32) (i32.const 4096))
        (func (export "realloc") (param $old i32) (param $size i32) (param $alignment i32) (param $new i32) (result i32)
          (local $place i32)
          (local.set $place (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
          (global.set $next (i32.add (local.get $place) (local.get $new)))
          (local.get $place)))
      (core instance $libc (instantiate $libc))
      (alias core export $libc "memory" (core memory $memory))
      (alias core export $libc "realloc" (core func $realloc))
      (core func $get-stdout (canon lower (func $stdout "get-stdout")))
      (core func $write
        (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
      \(imports)
      (core module $program
        (import "libc" "memory" (memory 1))
        (import "wasi" "get-stdout" (func $get-stdout (result i32)))
        (import "wasi" "write" (func $write-stream (param i32 i32 i32 i32)))
        \(functions.map { "(import \"wasi\" \"\($0)\" (func $\($0) \($1)))" }.joined(separator: "\n    "))
        (data (i32.const 128) "\\00\\00\\00\\00made")
        (global $stdout (mut i32) (i32.const 0))
        (func $write (param $start i32) (param $size i32)
          (call $write-stream (global.get $stdout) (local.get $start) (local.get $size) (i32.const 64)))
        ;; Writes strings that follow each other in memory.
        (func $write-all (param $place i32) (param $count i32)
          (if (local.get $count) (then
            (loop $more
              (call $write (i32.load (local.get $place)) (i32.load offset=4 (local.get $place)))
              (call $write (i32.const 128) (i32.const 1))
              (local.set $place (i32.add (local.get $place) (i32.const 8)))
              (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))))
        (func $run (result i32) \(run))
        (func (export "run") (result i32)
          (global.set $stdout (call $get-stdout))
          (call $run)))
      (core instance $main (instantiate $program
        (with "libc" (instance $libc))
        (with "wasi" (instance
          (export "get-stdout" (func $get-stdout)) (export "write" (func $write))
          \(functions.map { "(export \"\($0.key)\" (func $\($0.key)))" }.joined(separator: "\n      "))))))
      (func $run (result (result)) (canon lift (core func $main "run")))
      (instance $runs (export "run" (func $run)))
      (export "wasi:cli/run@0.2.3" (instance $runs)))
    """
  }
}
