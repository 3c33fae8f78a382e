"""What pictures of heads are computed with: arrays, compiled functions, smooth noise, draws by quantiles, triangles."""
