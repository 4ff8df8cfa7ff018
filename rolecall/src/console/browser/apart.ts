console.log("The console's browser tests run apart: pnpm test:console");
