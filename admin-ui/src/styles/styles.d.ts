declare module "open-props/normalize";
