import Foundation
import TestSupport
import Testing

/// What `--format json` printed, checked by a validator that shares no code with us.
struct MachineOutput {
  let objects: [[String: Any]]

  /// Checks every line against the schema that is installed with the program, and that the first and the last are what
  /// they have to be.
  ///
  /// - Parameter last: the type of the last line.
  init(
    _ output: String, last: String = "summary", in sandbox: Sandbox, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try sandbox.write(output, to: "../lines.json")
    let result = try Self.validator("../lines.json", in: sandbox).run(location)
    #expect(result.ending == .exited(0), "\(result.output)\(result.errors)", sourceLocation: location)
    objects = try output.lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], sourceLocation: location)
    }
    #expect(output.hasSuffix("\n"), sourceLocation: location)
    #expect(objects.first?["type"] as? String == "start", sourceLocation: location)
    #expect(objects.first?["schema"] as? Int == 1, sourceLocation: location)
    #expect(objects.last?["type"] as? String == last, sourceLocation: location)
    #expect(types.count { ["start", "summary", "failure"].contains($0) } == 2, sourceLocation: location)
  }

  var types: [String] { objects.compactMap { $0["type"] as? String } }

  func of(_ type: String) -> [[String: Any]] { objects.filter { $0["type"] as? String == type } }

  static let schema = "\(EngineUnderTest.packageRoot)/Sources/Commands/Reporting/JSON/output.schema.json"

  /// A command that says of each line of a file what is wrong with it, and exits with 1 if anything is.
  static func validator(_ file: Argument, in sandbox: Sandbox) throws -> Command {
    var python = sandbox.command("python3", ["-W", "ignore", "-c", Argument(script), Argument(schema), file])
    python.environment["PYTHONPATH"] = try PythonTool.path(["jsonschema", "attrs", "pyrsistent"])
    python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return python
  }

  private static let script = """
    import json, sys, jsonschema

    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft202012Validator.check_schema(schema)

    # Readers pass over members that they do not know; we print none that the schema does not.
    def strict(part):
        if isinstance(part, dict):
            if "properties" in part and "required" in part: part["additionalProperties"] = False
            for inner in part.values(): strict(inner)
        if isinstance(part, list):
            for inner in part: strict(inner)

    strict(schema)
    known = schema["$defs"]
    failed = False
    for line in open(sys.argv[2], encoding="utf-8"):
        line = json.loads(line)
        # By its own type, because "matches none of these" tells nobody why.
        kind = line.get("type") if line.get("type") in known else None
        part = {"$ref": "#/$defs/" + kind, "$defs": known} if kind else schema
        for error in list(jsonschema.Draft202012Validator(part).iter_errors(line)) or list(
            jsonschema.Draft202012Validator(schema).iter_errors(line)):
            print(json.dumps(line), error.message, sep="\\n  ")
            failed = True
    sys.exit(failed)
    """
}

/// What `make setup-tests` fetched from PyPI for tests only.
enum PythonTool {
  /// The directory that has a project's files.
  static func directory(_ name: String) throws -> String {
    let path = "\(EngineUnderTest.packageRoot)/.build/tools/\(name)"
    try #require(FileManager.default.fileExists(atPath: path), "\(path) is not there: run `make setup-tests`")
    return path
  }

  /// What PYTHONPATH has to be to import these.
  static func path(_ names: [String]) throws -> String { try names.map(directory).joined(separator: ":") }
}
