import Foundation
import PackagePlugin

/// Precompiles the `.wasm` files of a target with the installed wasmprecompile, so that the artifacts are among the
/// target's resources: `Bundle.module.url(forResource: "app", withExtension: "cwasm")`.
///
/// A build tool, not a command: it runs with every `swift build`, for the modules that changed, and needs no permission,
/// because it writes into its own directory only, which every sandbox of SwiftPM allows. (On Linux there is none; on macOS
/// a command plugin could write next to the modules, but asks each time.) That is also where its cache is. The tool is not
/// built along with the package: it is of use only together with the engine library that it was installed with.
@main
struct PrecompilePlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target as? any SourceModuleTarget else { return [] }
    let modules = target.sourceFiles.filter { $0.url.pathExtension == "wasm" }.map(\.url)
    guard !modules.isEmpty else { return [] }
    let tool = try installedTool()
    let output = context.pluginWorkDirectoryURL.appending(path: "artifacts")
    let cache = context.pluginWorkDirectoryURL.appending(path: "cache")
    return modules.map { module in
      let name = module.deletingPathExtension().lastPathComponent
      return .buildCommand(
        displayName: "Precompiling \(module.lastPathComponent)", executable: tool,
        // One backend, whatever is configured, because SwiftPM wants to know the names of all outputs.
        arguments: [
          "--quiet", "--backend", "cranelift", "--cache-dir", cache.path, "--output", output.path, "--", module.path,
        ],
        inputFiles: [module], outputFiles: [output.appending(path: name + ".cwasm")])
    }
  }

  private func installedTool() throws -> URL {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin"
    for directory in path.split(separator: ":") {
      let tool = URL(filePath: String(directory)).appending(path: "wasmprecompile")
      if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
    }
    throw NotInstalled()
  }

  private struct NotInstalled: Error, CustomStringConvertible {
    let description = "wasmprecompile is not on the PATH: install it, or add the directory that has it to the PATH"
  }
}
