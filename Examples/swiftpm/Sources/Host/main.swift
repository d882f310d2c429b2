import Foundation

// What a runtime is given to load, in place of the modules.
for artifact in Bundle.module.paths(forResourcesOfType: "cwasm", inDirectory: nil) { print(artifact) }
