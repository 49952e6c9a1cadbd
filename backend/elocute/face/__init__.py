"""Face models: skinned heads with named expression directions."""
